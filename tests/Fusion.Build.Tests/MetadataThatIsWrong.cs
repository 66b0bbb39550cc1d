using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

/// <summary>One build reports what is wrong with each of its kernels.</summary>
public sealed class MetadataThatIsWrong : SharedConsumer
{
    private static readonly (string Kernel, string Metadata)[] Mistakes =
    [
        ("std", "Std=\"c++99\""),
        ("registers", "MaxRegisters=\"many\""),
        ("tooManyRegisters", "MaxRegisters=\"256\""),
        ("fastMath", "FastMath=\"sometimes\""),
        ("lineInfo", "LineInfo=\"1\""),
        ("reserved", "AdditionalOptions=\"-arch=sm_90\""),
        ("architecture", "Architectures=\"sm90\""),
        ("noArchitecture", "Architectures=\"\""),
    ];

    private BuildResult build = null!;

    private protected override Consumer Create()
    {
        var consumer = new Consumer(Projects.Library(items: string.Concat(
            Mistakes.Select(m => $"<FusionKernel Update=\"{m.Kernel}.cu\" {m.Metadata} />"))));
        foreach (var (kernel, _) in Mistakes) consumer.Write($"{kernel}.cu", Kernels.Named(kernel));
        build = consumer.Build().MustFail();
        return consumer;
    }

    [TestCase("std", "FUSION1020", "Std is 'c++99'; expected one of c++03, c++11, c++14, c++17, c++20.")]
    [TestCase("registers", "FUSION1020", "MaxRegisters is 'many'; expected a number from 1 to 255")]
    [TestCase("tooManyRegisters", "FUSION1020", "MaxRegisters is '256'; expected a number from 1 to 255")]
    [TestCase("fastMath", "FUSION1020", "FastMath is 'sometimes'; expected true or false.")]
    [TestCase("lineInfo", "FUSION1020", "LineInfo is '1'; expected true or false.")]
    [TestCase("reserved", "FUSION1020", "use Architectures, Std, MaxRegisters or PrecompiledHeaders instead")]
    [TestCase("architecture", "FUSION1014", "'sm90' is no GPU architecture. Expected")]
    [TestCase("noArchitecture", "FUSION1014", "No architecture is named. Expected")]
    public void IsReportedAtTheKernel(string kernel, string code, string text)
    {
        var error = build.Error(code, $"{kernel}.cu");

        Assert.That(error.Text, Does.Contain(text));
        Assert.That(error.File, Is.EqualTo(Consumer.PathOf($"{kernel}.cu")));
    }

    [Test]
    public void IsReportedOnceAndNothingElseIs() => Assert.That(build.Errors, Has.Count.EqualTo(Mistakes.Length), build.Output);
}
