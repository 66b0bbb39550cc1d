namespace Fusion.Build.Tests.Infrastructure;

internal static class ExitCodes
{
    /// <summary>Demands that a program succeeded.</summary>
    /// <param name="run">What the program returned and said.</param>
    /// <returns>What it said.</returns>
    public static string MustSucceed(this (int ExitCode, string Output) run)
    {
        Assert.That(run.ExitCode, Is.Zero, run.Output);
        return run.Output;
    }
}
