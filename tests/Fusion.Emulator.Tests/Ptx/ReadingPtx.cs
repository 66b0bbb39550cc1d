using Fusion.Emulation.Ops;
using Fusion.Emulation.Ptx;
using Fusion.Emulation.Tests.Support;
using Fusion.Runtime;

namespace Fusion.Emulation.Tests.Ptx;

public sealed class ReadingPtx
{
    private const string Head = ".version 8.0\n.target sm_80\n.address_size 64\n";
    private const string HeadOfOneChip = ".version 8.0\n.target sm_90a\n.address_size 64\n";

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

    [TestCase("tcgen05.fence::before_thread_sync;", "tcgen05.fence::before_thread_sync")]
    [TestCase("tex.2d.v4.f32.s32 {%f1, %f1, %f1, %f1}, [%rd1, {%r1, %r1}];", "tex.2d.v4.f32.s32")]
    [TestCase("call f, (), p;", "address is taken")]
    public void NamesAnInstructionThatTheEmulatorDoesNotHave(string instruction, string name) => Assert.That(
        () => DecodeAll($"{Head}.visible .entry some_kernel()\n{{\n.reg .f32 %f<2>;\n.reg .b32 %r<2>;\n.reg .b64 %rd<2>, f;\n{instruction}\n}}"),
        Throws.TypeOf<PtxException>().With.Message.StartsWith("FUSION6002").And.Message.Contains(name).And.Message.Contains("some_kernel")
            .And.Message.Contains("line 9"));

    [TestCase("cvt.f64.s32 %fd1, %r1;", "needs a rounding")]
    [TestCase("cvt.f32.s32 %f1, %r1;", "needs a rounding")]
    [TestCase("cvt.s32.f32 %r1, %f1;", "such as '.rzi'")]
    [TestCase("cvt.f32.f64 %f1, %fd1;", "needs a rounding")]
    [TestCase("cvt.rn.f64.f32 %fd1, %f1;", "nothing is rounded")]
    [TestCase("cvt.rn.u64.u32 %rd1, %r1;", "nothing is rounded")]
    [TestCase("div.f32 %f1, %f1, %f1;", "'.full'")]
    [TestCase("fma.f32 %f1, %f1, %f1, %f1;", "needs a rounding")]
    [TestCase("sqrt.f64 %fd1, %fd1;", "needs a rounding")]
    [TestCase("ex2.f32 %f1, %f1;", "'.approx'")]
    [TestCase("add.sat.f64 %fd1, %fd1, %fd1;", "'.sat'")]
    [TestCase("add.sat.u32 %r1, %r1, %r1;", "'.sat'")]
    [TestCase("mul.u32 %r1, %r1, %r1;", "'.lo'")]
    [TestCase("add.b32 %r1, %r1, %r1;", "whether it has a sign")]
    [TestCase("and.u32 %r1, %r1, %r1;", ".b32")]
    [TestCase("neg.u32 %r1, %r1;", "signed")]
    [TestCase("popc.u32 %r1, %r1;", "no sign")]
    [TestCase("setp.lt.b32 %p1, %r1, %r1;", "'.eq'")]
    [TestCase("setp.lo.s32 %p1, %r1, %r1;", "without a sign")]
    public void RefusesFormsThatPtxDoesNotHave(string instruction, string why) => Assert.That(
        () => DecodeAll(
            $"{Head}.visible .entry some_kernel()\n{{\n.reg .f32 %f<2>; .reg .f64 %fd<2>; .reg .pred %p<2>;\n.reg .b32 %r<2>;\n.reg .b64 %rd<2>;\n{instruction}\n}}"),
        Throws.TypeOf<PtxException>().With.Message.StartsWith("FUSION6002").And.Message.Contains("no form of PTX").And.Message.Contains(why)
            .And.Message.Contains("line 9"));

    [TestCase("vadd.s32.s32.s32 %r1, %r1, %r1, %r1;")]
    [TestCase("tld4.r.2d.v4.f32.f32 {%f1, %f1, %f1, %f1}, [%rd1, {%f1, %f1}];")]
    [TestCase("suld.b.2d.b32.trap %r1, [%rd1, {%r1, %r1}];")]
    [TestCase("mma.sync.aligned.m16n8k64.row.col.s32.s4.s4.s32 {%r1, %r1, %r1, %r1}, {%r1, %r1, %r1, %r1}, {%r1, %r1}, {%r1, %r1, %r1, %r1};")]
    [TestCase("wmma.load.a.sync.aligned.row.m8n8k32.global.s4 {%r1}, [%rd1];")]
    [TestCase("cp.reduce.async.bulk.global.shared::cta.bulk_group.add.u32 [%rd1], [%r1], %r1;")]
    [TestCase("cp.async.bulk.tensor.2d.global.shared::cta.tile.bulk_group [%rd1, {%r1, %r1}], [%r1];")]
    [TestCase("red.async.relaxed.cluster.global.mbarrier::complete_tx::bytes.shared::cluster.add.u32 [%r1], %r1, [%r1];")]
    [TestCase("sust.b.2d.b32.trap [%rd1, {%r1, %r1}], %r1;")]
    [TestCase("mma.sp.sync.aligned.m16n8k32.row.col.f32.f16.f16.f32 {%f1, %f1, %f1, %f1}, {%r1, %r1, %r1, %r1}, {%r1, %r1, %r1, %r1}, {%f1, %f1, %f1, %f1}, %r1, 0;")]
    [TestCase("call malloc, ();")]
    [TestCase("tcgen05.wait::ld.sync.aligned;")]
    public void NamesEachThatStaysOut(string instruction) => Assert.That(
        () => DecodeAll($"{Head}.visible .entry some_kernel()\n{{\n.reg .f32 %f<2>;\n.reg .b32 %r<2>;\n.reg .b64 %rd<2>;\n{instruction}\n}}"),
        Throws.TypeOf<PtxException>().With.Message.StartsWith("FUSION6002").And.Message.Contains(instruction.Split(' ', ';')[0]).And.Message.Contains("some_kernel")
            .And.Message.Contains("line 9"));

    [Test]
    public void IsRefusedForANewerChip() => Assert.That(
        () => new TestGpu(Head.Replace("sm_80", "sm_100", StringComparison.Ordinal)).Dispose(),
        Throws.TypeOf<GpuException>().With.Message.Contains("FUSION6004").And.Message.Contains("sm_100"));

    [Test]
    public void ForOneChipAloneIsTakenByThatChip() =>
        Assert.That(() => new TestGpu(HeadOfOneChip, new() { Capability = new(9, 0) }).Dispose(), Throws.Nothing);

    [TestCase(8, 0)]
    [TestCase(10, 0)]
    public void ForOneChipAloneIsRefusedForOthers(int major, int minor) => Assert.That(
        () => new TestGpu(HeadOfOneChip, new() { Capability = new(major, minor) }).Dispose(),
        Throws.TypeOf<GpuException>().With.Message.Contains("FUSION6004").And.Message.Contains("sm_90a"));

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
