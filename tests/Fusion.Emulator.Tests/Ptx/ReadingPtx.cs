using Fusion.Emulation.Ops;
using Fusion.Emulation.Ptx;
using Fusion.Emulation.Tests.Support;
using Fusion.Runtime;

namespace Fusion.Emulation.Tests.Ptx;

public sealed class ReadingPtx
{
    private const string Head = ".version 8.0\n.target sm_80\n.address_size 64\n";

    private static IEnumerable<string> Sources => Directory.GetFiles(Repository.PathOf("kernels/cu/entry"), "*.cu").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal);

    [Test]
    public void TakesTheBuiltInKernelsAsTheyAreEmbedded()
    {
        var assembly = typeof(AllReduce).Assembly;
        foreach (var choice in KernelLibrary.Choose(assembly, new(10, 0)))
        {
            var text = System.Text.Encoding.UTF8.GetString(choice.ReadImage(assembly));
            Assert.That(DecodeAll(text), Is.EqualTo(choice.Image!.Kernels.Count), choice.Module.Name);
        }
    }

    [Test]
    public void TakesWhatOldAndNewCompilersMakeOfAKernel([Values("11.8", "12.4")] string nvrtc, [Values("compute_80", "compute_90")] string architecture) =>
        Assert.That(DecodeAll(CudaSource.ToPtx(Repository.Read("kernels/cu/entry/one_shot_bf16.cu"), architecture, nvrtc)), Is.Positive);

    [Test]
    [Category("Nightly")]
    public void TakesWhatOldAndNewCompilersMakeOfEveryKernel([ValueSource(nameof(Sources))] string source, [Values("11.8", "12.4")] string nvrtc)
    {
        foreach (var architecture in new[] { "compute_80", "compute_90" })
            Assert.That(DecodeAll(CudaSource.ToPtx(Repository.Read($"kernels/cu/entry/{source}"), architecture, nvrtc)), Is.Positive);
    }

    [TestCase("", "line 1")]
    [TestCase("int main() {}", "'.version'")]
    [TestCase(Head + ".visible .entry k() { ret;", "does not end")]
    [TestCase(Head + ".visible .entry k() { bra away; }", "label 'away'")]
    [TestCase(Head + ".visible .entry k() { add.s32 %r1, %r2; ", "line 4")]
    [TestCase(Head + ".global .b8 text[2] = {1, 2, 3};", "more initial values")]
    [TestCase(Head + ".visible .entry k() { # }", "unexpected character '#'")]
    public void RefusesWhatIsNoPtx(string text, string message) => Assert.That(
        () => DecodeAll(text), Throws.TypeOf<PtxException>().With.Message.StartsWith("FUSION6001").And.Message.Contains(message));

    [TestCase("wgmma.fence.sync.aligned;", "wgmma.fence.sync.aligned")]
    [TestCase("tex.2d.v4.f32.s32 {%f1, %f1, %f1, %f1}, [%rd1, {%r1, %r1}];", "tex.2d.v4.f32.s32")]
    [TestCase("call f, (), p;", "pointers")]
    public void NamesAnInstructionThatTheEmulatorDoesNotHave(string instruction, string name) => Assert.That(
        () => DecodeAll($"{Head}.visible .entry some_kernel()\n{{\n.reg .f32 %f<2>;\n.reg .b32 %r<2>;\n.reg .b64 %rd<2>, f;\n{instruction}\n}}"),
        Throws.TypeOf<PtxException>().With.Message.StartsWith("FUSION6002").And.Message.Contains(name).And.Message.Contains("some_kernel")
            .And.Message.Contains("line 9"));

    [Test]
    public void IsRefusedForANewerChip() => Assert.That(
        () => new TestGpu(Head.Replace("sm_80", "sm_100", StringComparison.Ordinal)).Dispose(),
        Throws.TypeOf<GpuException>().With.Message.Contains("FUSION6004").And.Message.Contains("sm_100"));

    [Test]
    public void IsWhatTheEmulatorNeedsInsteadOfACubin() => Assert.That(
        () => new TestGpu("\u007fELF\u0002\u0001").Dispose(), Throws.TypeOf<GpuException>().With.Message.Contains("FUSION6003"));

    [TearDown]
    public void Leave() => Emulator.Leave();

    private static int DecodeAll(string text)
    {
        var module = PtxParser.Parse(text);
        return module.Kernels.Select(kernel => Decoder.Decode(module, kernel)).Count(code => code.Instructions.Length > 0);
    }
}
