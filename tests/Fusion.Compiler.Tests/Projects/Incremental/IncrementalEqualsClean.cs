using Fusion.Build.Contract;
using Fusion.Compiler.Tests.Infrastructure;

namespace Fusion.Compiler.Tests.Projects.Incremental;

/// <summary>Whatever is edited between two builds, the second one makes what a build from nothing makes. The build task's own
/// question, whether fusionc must start at all, is a part of each build.</summary>
public sealed class IncrementalEqualsClean
{
    private const string Nvrtc = "12.4";
    private const int LongestSequence = 7;

    [FsCheck.NUnit.Property(MaxTest = 4, StartSize = 3, EndSize = LongestSequence)]
    public void AfterAFewSequencesOfEdits((byte, byte, byte)[] edits) => Check(edits);

    [Category("Nightly")]
    [FsCheck.NUnit.Property(MaxTest = 100, StartSize = 3, EndSize = 2 * LongestSequence)]
    public void AfterManySequencesOfEdits((byte, byte, byte)[] edits) => Check(edits);

    private static void Check((byte Kind, byte Place, byte Value)[] edits)
    {
        using var project = new KernelProject(Nvrtc);
        var all = new RandomEdits(project.Root);
        all.Begin();
        Configure(project, 0);
        Compare(project, all.Done);
        foreach (var edit in edits)
        {
            all.Make(edit);
            if (edit.Kind >= 200) Configure(project, edit.Value);
            Compare(project, all.Done);
        }
    }

    // As a project's properties do it: another configuration has an output folder of its own and shares the rest.
    private static void Configure(KernelProject project, int which)
    {
        var name = which % 2 == 0 ? "Debug" : "Release";
        project.Request.SharedDirectory = project.PathOf("obj");
        project.Request.OutputDirectory = project.PathOf($"obj/{name}/fusion");
        project.Request.StateFile = project.PathOf($"obj/{name}/fusion.state");
        project.Request.Cache = which % 3 != 0;
        project.Request.CachePath = project.PathOf("obj/cache");
        Options = new KernelRequest
        {
            ["IncludePaths"] = which % 5 == 0 ? "inc;early" : "early;inc",
            ["Defines"] = which % 2 == 0 ? "" : "LOCAL",
            ["AdditionalOptions"] = which % 7 == 0 ? "-Ifar" : "",
        };
    }

    private static KernelRequest Options { get; set; } = new();

    private static void Compare(KernelProject project, List<string> done)
    {
        project.Request.Kernels.Clear();
        foreach (var source in Directory.EnumerateFiles(project.Root, "*.cu", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, MaxRecursionDepth = 1 })
            .Concat(new[] { "a.cu", "sub/b.cu" }.Select(project.PathOf).Where(File.Exists)).Distinct().Order(StringComparer.Ordinal))
        {
            var kernel = project.AddExisting(Path.GetRelativePath(project.Root, source));
            foreach (var name in new[] { "IncludePaths", "Defines", "AdditionalOptions" }) kernel[name] = Options[name];
        }

        if (project.Request.Kernels.Count == 0) return;
        var why = project.WhyStale();
        var run = why is null ? null : project.Run();
        var incremental = run is { Succeeded: false } ? null : Images(project.Request.OutputDirectory);

        var clean = Clean(project, out var cleanRun);

        Assert.That(incremental, Is.EqualTo(clean), $"{string.Join('\n', done)}\nincremental: {why ?? "up to date"}\n{run}\nclean:\n{cleanRun}");
    }

    private static Dictionary<string, string>? Clean(KernelProject project, out KernelRun run)
    {
        var (output, state, shared, cache) = (project.Request.OutputDirectory, project.Request.StateFile, project.Request.SharedDirectory, project.Request.Cache);
        project.Request.OutputDirectory = project.PathOf("clean/fusion");
        project.Request.StateFile = project.PathOf("clean/fusion.state");
        (project.Request.SharedDirectory, project.Request.Cache) = ("", false);
        try
        {
            if (Directory.Exists(project.PathOf("clean"))) Directory.Delete(project.PathOf("clean"), recursive: true);
            run = project.Run();
            return run.Succeeded ? Images(project.Request.OutputDirectory) : null;
        }
        finally
        {
            (project.Request.OutputDirectory, project.Request.StateFile, project.Request.SharedDirectory, project.Request.Cache) = (output, state, shared, cache);
        }
    }

    private static Dictionary<string, string> Images(string folder) => Directory
        .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .Where(file => !file.EndsWith(".job.json", StringComparison.Ordinal))
        .ToDictionary(file => Path.GetRelativePath(folder, file), Hash.OfFile);
}
