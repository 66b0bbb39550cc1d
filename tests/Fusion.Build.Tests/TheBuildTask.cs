using System.Globalization;
using System.Text;
using Fusion.Build.Contract;
using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

/// <summary>What the task makes of fusionc's output and of its state, however odd they are.</summary>
public sealed class TheBuildTask
{
    private TaskRun task = null!;

    [SetUp]
    public void CreateTask() => task = new TaskRun();

    [TearDown]
    public void DeleteFolder() => task.Dispose();

    [Test]
    public void TakesTheStateThatFusioncWrote()
    {
        File.WriteAllText(task.PathOf("good"), task.GoodState());

        Assert.That(task.Run("cp good obj/state"), Is.True);
        Assert.That(task.Run("exit 7"), Is.True, "there is nothing to do");
        Assert.That(Directory.GetFiles(task.PathOf("obj")).Select(Path.GetFileName), Does.Contain("state.request"));
    }

    [Test]
    public void AsksAgainIfAnotherBuildReplacedOrDeletedTheStateMeanwhile()
    {
        File.WriteAllText(task.PathOf("good"), task.GoodState());
        File.WriteAllText(task.PathOf("other"), TaskRun.StateOf("of another"));

        Assert.That(task.Run("echo x >> runs\ncase $(wc -l < runs) in 1) cp other obj/state;; 2) rm obj/state;; *) cp good obj/state;; esac"), Is.True);
        Assert.That(task.Errors, Is.Empty);
        Assert.That(File.ReadAllLines(task.PathOf("runs")), Has.Length.EqualTo(3), "neither another's state nor none is taken");
    }

    [Test]
    public void SaysThatAnotherBuildWritesThereIfThatDoesNotEnd()
    {
        Directory.CreateDirectory(task.PathOf("obj"));
        File.WriteAllText(task.PathOf("other"), TaskRun.StateOf("of another"));

        Assert.That(task.Run("cp other obj/state"), Is.False);
        Assert.That(task.Errors.Single().Code, Is.EqualTo("FUSION1032"));
        Assert.That(task.Errors[0].Message, Does.Contain(task.PathOf("obj/state")).And.Contain("--artifacts-path"));
    }

    [Test]
    public void GivesEachRunARequestOfItsOwn()
    {
        var requests = Enumerable.Range(0, 2).Select(_ =>
        {
            task.Run("echo $4 > seen; exit 1");
            return File.ReadAllText(task.PathOf("seen"));
        }).ToArray();

        Assert.That(requests, Is.Unique);
        Assert.That(task.Errors.Single().Message, Does.Contain(requests[1].Trim()), "the command that failed");
        Assert.That(requests[1].Trim(), Does.Exist);
    }

    [TestCase(@"##fusion\tError\tFUSION1001\tk.cu\tx\t1\tmessage", Description = "no line")]
    [TestCase(@"##fusion\tError\tFUSION1001\tk.cu\t1\t-1\tmessage", Description = "no column")]
    [TestCase(@"##fusion\tError\tFUSION1001\tk.cu\t99999999999\t1\tmessage", Description = "too large a line")]
    [TestCase(@"##fusion\t17\t\t\t0\t0\tmessage", Description = "no severity")]
    [TestCase(@"##fusion", Description = "nothing")]
    [TestCase(@"##fusionary\tError\tFUSION1001\tk.cu\t1\t1\tmessage", Description = "another word")]
    public void TakesAForeignLineForText(string line)
    {
        File.WriteAllText(task.PathOf("good"), task.GoodState());

        Assert.That(task.Run($"printf '{line}\\n'; cp good obj/state"), Is.True);
        Assert.That(task.Errors, Is.Empty);
        Assert.That(task.Messages, Does.Contain(line.Replace(@"\t", "\t", StringComparison.Ordinal)));
    }

    [Test]
    public void MakesNoLinkOfACodeThatIsNone()
    {
        Assert.That(task.Run(@"printf '##fusion\tError\ta:/b\000?\tk.cu\t1\t1\tmessage\n'; exit 1"), Is.False);
        Assert.That(task.Errors.Single().Message, Is.EqualTo("message"));
        Assert.That(task.Errors[0].HelpLink, Is.Null);
    }

    [Test]
    public void StartsFusioncWhereTheStateIsAFolder()
    {
        Directory.CreateDirectory(task.PathOf("obj/state"));

        Assert.That(task.Run(@"printf '##fusion\tError\tFUSION1031\t\t0\t0\tno state\n'; exit 1"), Is.False);
        Assert.That(task.Errors.Single().Code, Is.EqualTo("FUSION1031"));
    }

    [Test]
    public void SaysThatItsRequestCannotBeWritten()
    {
        File.WriteAllText(task.PathOf("obj"), "a file where the folder should be");

        Assert.That(task.Run("exit 0"), Is.False);
        Assert.That(task.Errors.Single().Code, Is.EqualTo("FUSION1031"));
    }

    [Test]
    public void TakesADiagnosticWithWhateverCharacters()
    {
        var said = new Diagnostic(DiagnosticSeverity.Error, "FUSION1001", "a\tb\r\n\\n \\", "/tmp/k\t\n.cu", 3, 4);

        var read = Diagnostic.TryParse(said.ToLine())!;

        Assert.That(said.ToLine(), Does.Not.Contain('\n'), "it is one line");
        Assert.That((read.Severity, read.Code, read.Message, read.File, read.Line, read.Column),
            Is.EqualTo((said.Severity, said.Code, said.Message, said.File, said.Line, said.Column)));
    }

    // Each with a right hash, as another version of the SDK would write it.
    [TestCase("another version", "{0}0\nrequest\tx")]
    [TestCase("too few fields", "{0}\nrequest")]
    [TestCase("too few fields of an output", "{0}\nrequest\tx\noutput\ta\tb")]
    [TestCase("an unknown word", "{0}\nrequest\tx\nfuture\ta")]
    [TestCase("no diagnostic", "{0}\nrequest\tx\n##fusion")]
    public void DoesNotBelieveAStateThatItCannotRead(string why, string lines)
    {
        var first = TaskRun.StateOf("x").Split('\n')[0];
        Assert.That(Parse(Ended($"{first}\nrequest\tx")), Is.Not.Null);

        Assert.That(Parse(Ended(string.Format(CultureInfo.InvariantCulture, lines, first))), Is.Null, why);

        static string Ended(string text) => $"{text}\nend\t{Hash.Of(text + "\n")}\n";
    }

    [Test]
    public void DoesNotBelieveAStateThatWasChanged()
    {
        var good = task.GoodState();
        for (var i = 0; i < good.Length; i++)
        {
            Assert.That(Parse(good[..i]), Is.Null, $"cut off at {i}");
            Assert.That(Parse(good[..i] + (char)(good[i] ^ 1) + good[(i + 1)..]), Is.Null, $"another character at {i}");
        }
    }

    private static BuildState? Parse(string text) => BuildState.Parse(Encoding.UTF8.GetBytes(text));
}
