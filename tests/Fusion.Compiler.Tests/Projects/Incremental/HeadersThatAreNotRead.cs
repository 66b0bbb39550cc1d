using Fusion.Compiler.Tests.Infrastructure;

namespace Fusion.Compiler.Tests.Projects.Incremental;

/// <summary>Headers that NVRTC does not read, but that the list of sources names: of code that is switched off, and only asked for.</summary>
public sealed class HeadersThatAreNotRead
{
    [TestCase("#if __has_include(\"maybe.cuh\")\n#endif\n")]
    [TestCase("#ifdef NEVER\n#include \"maybe.cuh\"\n#endif\n")]
    public void AreListedAsTheyAre(string asking)
    {
        using var project = new KernelProject("12.4");
        project.Write("maybe.cuh", "#define VALUE 1\n");
        project.Add("k.cu", asking + KernelProject.Simple);
        Assert.That(project.Run().Succeeded);
        var before = Listed(project);
        project.Write("maybe.cuh", "#define VALUE 2\n");

        Assert.That(project.WhyStale(), Does.Contain("maybe.cuh"));

        var run = project.Run();
        Assert.That(run.Succeeded);
        Assert.That(run.ToString(), Does.Contain("0 images compiled").Or.Contain("1 up to date"));
        Assert.That(Listed(project), Is.Not.EqualTo(before));
        Assert.That(project.WhyStale(), Is.Null);
    }

    [Test]
    public void AreLookedForWhereTheyMayAppear()
    {
        using var project = new KernelProject("12.4");
        project.Write("maybe.cuh", "#ifdef NEVER\n#include \"deeper.cuh\"\n#endif\n");
        project.Add("k.cu", "#ifdef NEVER\n#include \"maybe.cuh\"\n#endif\n" + KernelProject.Simple);
        Assert.That(project.Run().Succeeded);
        var before = Listed(project);
        project.Write("deeper.cuh", "\n");

        Assert.That(project.WhyStale(), Does.Contain("deeper.cuh"));

        Assert.That(project.Run().Succeeded);
        Assert.That(Listed(project), Is.Not.EqualTo(before).And.Contains("deeper.cuh"));
    }

    private static string Listed(KernelProject project) => File.ReadAllText(Path.Combine(project.Images, "sources.json"));
}
