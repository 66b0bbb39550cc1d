namespace Fusion.Compiler.Tests.Infrastructure;

/// <summary>Tests of a project compiled with one version of NVRTC.</summary>
public abstract class NvrtcFixture(string nvrtc)
{
    private KernelProject? project;

    protected string Nvrtc { get; } = nvrtc;

    private protected KernelProject Project => project!;

    /// <summary>Version 11 prints no source line, so it has no columns.</summary>
    protected bool HasColumns => Nvrtc != "11.8";

    [SetUp]
    public void CreateProject() => project = new KernelProject(Nvrtc);

    [TearDown]
    public void DeleteProject() => project?.Dispose();
}
