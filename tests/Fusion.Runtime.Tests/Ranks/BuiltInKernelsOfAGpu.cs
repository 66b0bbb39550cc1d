namespace Fusion.Runtime.Tests.Ranks;

/// <summary>Built-in kernels that <see cref="GroupGpu"/> loads by a driver of C# functions.</summary>
[NonParallelizable]
public sealed class BuiltInKernelsOfAGpu
{
    private ManagedDriver driver = null!;
    private GroupGpu gpu = null!;

    [SetUp]
    public void Open()
    {
        driver = new();
        gpu = new GroupGpu(0, 1, null);
    }

    [TearDown]
    public void Close()
    {
        gpu.Dispose();
        driver.Dispose();
    }

    [Test]
    public void AreLoadedAModuleAtATimeWhenOneOfItIsWanted()
    {
        Assert.That(ManagedDriver.Live("module"), Is.Zero);

        var library = gpu.BuiltInKernels("one_shot_bf16_p1_v1");

        Assert.That(library.Modules.Select(choice => choice.Module.Name), Is.EqualTo(["one_shot_bf16"]));
        Assert.That(library.GetKernel("one_shot_bf16_p1_v1").Module, Is.EqualTo("one_shot_bf16"));
        Assert.That(ManagedDriver.Live("module"), Is.EqualTo(1));
    }

    [Test]
    public void OfAModuleAreLoadedOnce()
    {
        var library = gpu.BuiltInKernels("one_shot_bf16_p1_v1");

        Assert.That(gpu.BuiltInKernels("one_shot_bf16_p3_v4"), Is.SameAs(library));
        Assert.That(gpu.BuiltInKernels("epilogue_bf16_v1"), Is.Not.SameAs(library));
        Assert.That(ManagedDriver.Live("module"), Is.EqualTo(2));
    }

    [Test]
    public void ThatDoNotExistAreNamed() =>
        Assert.That(() => gpu.BuiltInKernels("three_shot_bf16"), Throws.TypeOf<FusionArgumentException>().With.Message.Contains("three_shot_bf16"));

    [Test]
    public void AreUnloadedWithTheGroup()
    {
        gpu.BuiltInKernels("one_shot_bf16_p1_v1");
        gpu.BuiltInKernels("two_shot_f32_p1_v1");

        gpu.Dispose();

        Assert.That((ManagedDriver.LiveThings, ManagedDriver.Faults), Is.EqualTo((0, 0)));
    }
}
