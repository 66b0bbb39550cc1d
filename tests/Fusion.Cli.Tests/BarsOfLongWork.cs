using Fusion.Cli.Output;
using Spectre.Console;

namespace Fusion.Cli.Tests;

public sealed class BarsOfLongWork
{
    [Test]
    public void ATerminalShowsStepAndPercentageAndWhatIsPrintedMeanwhile()
    {
        var (console, output) = Console(AnsiSupport.Yes, InteractionSupport.Yes);
        LongWork.Run(console, 4, next =>
        {
            foreach (var step in new[] { "one", "two [x]", "three", "four" })
            {
                next(step);
                console.WriteLine($"row of {step}");
            }
        });

        Assert.That(output.ToString(), Does.Contain("\u001b[").And.Contain("two [x]").And.Contain("row of four"));
        Assert.That(output.ToString(), Does.Contain(" 0%").And.Contain(" 25%").And.Contain(" 75%"));
        // The last thing that is said of the bar erases it.
        Assert.That(output.ToString(), Does.Match("row of four[\\s\\S]*\u001b\\[2K[\\s\\S]*$"));
    }

    [TestCase(AnsiSupport.No, InteractionSupport.No, TestName = "AFileHasNothingButWhatIsPrinted")]
    [TestCase(AnsiSupport.Yes, InteractionSupport.No, TestName = "AConsoleThatNobodyWatchesHasNothingButWhatIsPrinted")]
    [TestCase(AnsiSupport.No, InteractionSupport.Yes, TestName = "ATerminalThatCannotDrawHasNothingButWhatIsPrinted")]
    public void NothingButWhatIsPrinted(AnsiSupport ansi, InteractionSupport interaction)
    {
        var (console, output) = Console(ansi, interaction);
        LongWork.Run(console, 1, next =>
        {
            next("one");
            console.WriteLine("row");
        });

        Assert.That(output.ToString(), Is.EqualTo($"row{Environment.NewLine}"));
    }

    [Test]
    public void WhatGoesWrongInTheWorkIsNotHidden() => Assert.Throws<InvalidOperationException>(() => LongWork.Run(
        Console(AnsiSupport.Yes, InteractionSupport.Yes).Console, 1, _ => throw new InvalidOperationException()));

    private static (IAnsiConsole Console, StringWriter Output) Console(AnsiSupport ansi, InteractionSupport interaction)
    {
        var output = new StringWriter();
        return (AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = ansi,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = interaction,
            Out = new AnsiConsoleOutput(output),
        }), output);
    }
}
