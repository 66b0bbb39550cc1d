using System.IO.Compression;
using System.Text.RegularExpressions;
using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests.Documentation;

/// <summary>README and the pages of docs show programs: they are built as they are printed, and print what the page says.</summary>
public sealed partial class ProgramsOfThePages : SharedConsumer
{
    private const string Solution = "Pages.slnx";
    private const string FeedOfThePages = "/srv/nuget/fusion";
    private const string Gpu = " gpu";
    private const string Inspected = "first inspected";
    private const string ProgramOfOneFile = "one-file";
    private const string ShortestProgram = "compared";

    private static readonly IReadOnlyList<Snippet> Snippets = Snippet.All();
    private static readonly bool HasGpu = File.Exists("/dev/nvidia0");

    // Where a page shows both, the output with a GPU and the one without, this machine prints one of them.
    private static IEnumerable<string> Outputs
    {
        get
        {
            var shown = Snippets.Where(snippet => snippet.Kind == "output" && snippet.Target != Inspected).Select(snippet => snippet.Target).ToList();
            return shown.Where(target => target.EndsWith(Gpu, StringComparison.Ordinal) ? HasGpu : !(HasGpu && shown.Contains(target + Gpu)));
        }
    }

    private static IEnumerable<string> Programs => Snippets.Where(snippet => snippet.Kind == "file").Select(snippet => snippet.Program).Distinct();

    // All projects in one build: starting and restoring each by itself would take several times as long.
    private protected override Consumer Create()
    {
        var consumer = new Consumer();
        File.Delete(consumer.PathOf("Consumer.csproj"));
        foreach (var file in Snippets.Where(snippet => snippet.Kind == "file").GroupBy(snippet => snippet.Target))
            consumer.Write(file.Key, string.Join('\n', file.Select(snippet => snippet.Text)).Replace(FeedOfThePages, PackedSdk.Packages, StringComparison.Ordinal));
        // Projects of one name need folders of their own in a solution.
        var projects = Snippets.Where(snippet => snippet.Target.EndsWith(".csproj", StringComparison.Ordinal))
            .Select(project => $"<Folder Name=\"/{project.Program}/\"><Project Path=\"{project.Target}\" /></Folder>");
        // README shows the images of its first program, which are those of the default.
        consumer
            .Write("first/Directory.Build.props", "<Project />")
            .Write("Directory.Build.props", "<Project><PropertyGroup><FusionArchitectures>sm_80</FusionArchitectures></PropertyGroup></Project>")
            .Write(Solution, $"<Solution>{string.Concat(projects)}</Solution>");
        consumer.Build(Solution, "-warnaserror").MustSucceed();
        return consumer;
    }

    [Test]
    [Category("Nightly")]
    public void OfOneFileAreBuiltToo()
    {
        var data = Directory.CreateDirectory(Path.Combine(Consumer.Root, "data"));
        Consumer.DotNet(new Dictionary<string, string?> { ["XDG_DATA_HOME"] = data.FullName }, "build", $"{ProgramOfOneFile}/app.cs", "-p:PublishAot=false").MustSucceed();
    }

    [Test]
    public void HaveTheKernelsOfThePages()
    {
        foreach (var kernel in Snippets.Where(snippet => snippet.Kind == "file" && snippet.Language == "cuda" && snippet.Program != ProgramOfOneFile))
        {
            var image = $"{kernel.Program}/obj/Debug/net10.0/fusion/{Path.ChangeExtension(kernel.Target[(kernel.Program.Length + 1)..], ".sm_80.cubin")}";
            Assert.That(Consumer.PathOf(image), Does.Exist, kernel.Place);
        }
    }

    [TestCaseSource(nameof(Outputs))]
    public void PrintWhatThePageShows(string target)
    {
        var expected = Snippets.Single(snippet => snippet.Kind == "output" && snippet.Target == target);
        var (exitCode, output) = Consumer.Run("dotnet", "exec", AssemblyOf(expected.Program));

        Assert.That(exitCode, Is.Zero, output);
        Assert.That(output.ReplaceLineEndings("\n").TrimEnd('\n'), Is.EqualTo(expected.Text.TrimEnd('\n')), $"{expected.Place} shows another output");
    }

    // Figures are those of the NVRTC that compiled, and columns are as wide as they.
    [Test]
    public void AreInspectedAsReadmeShows()
    {
        var expected = Snippets.Single(snippet => snippet.Target == Inspected);
        var tool = Path.Combine(Consumer.Root, "tool");
        ZipFile.ExtractToDirectory(PackedSdk.PackagePath("Fusion.Cli"), tool);

        var (exitCode, output) = Consumer.Run("dotnet", "exec", Path.Combine(tool, "tools/net10.0/any/fusion.dll"), "inspect", AssemblyOf(expected.Program));

        Assert.That(exitCode, Is.Zero, output);
        Assert.That(WithoutFigures(output), Is.EqualTo(WithoutFigures(expected.Text)), output);
    }

    // The programs whose output no page shows, because it depends on the GPU. The one that throws without a GPU is as short as it can be.
    [Test]
    public void EndWellWithoutAGpu()
    {
        Assume.That(HasGpu, Is.False, "this machine has a GPU");
        foreach (var program in Programs.Where(program => program is not (ProgramOfOneFile or ShortestProgram)).Except(Outputs))
        {
            var (exitCode, output) = Consumer.Run("dotnet", "exec", AssemblyOf(program));
            Assert.That(exitCode, Is.Zero, $"{program}: {output}");
        }
    }

    private static string WithoutFigures(string text) =>
        Figure().Replace(string.Join('\n', text.Trim().Split('\n').Select(line => string.Join(' ', line.Split((char[])[' ', '\r'], StringSplitOptions.RemoveEmptyEntries)))), "0");

    private string AssemblyOf(string program)
    {
        var project = Snippets.Select(snippet => snippet.Target).Single(target =>
            target.StartsWith($"{program}/", StringComparison.Ordinal) && target.EndsWith(".csproj", StringComparison.Ordinal));
        return Consumer.PathOf($"{program}/bin/Debug/net10.0/{Path.GetFileNameWithoutExtension(project)}.dll");
    }

    [GeneratedRegex("[0-9][0-9,.]*")]
    private static partial Regex Figure();
}
