using System.Text;
using Fusion.Emulation.Ptx;
using Fusion.Emulation.Tests.Support;
using Fusion.Runtime;

namespace Fusion.Emulation.Tests.Ptx;

/// <summary>Images and launches that cannot be: each is refused as the real driver's path refuses it, before a kernel runs.</summary>
public sealed class BadInput
{
    private const string Source = """
        extern "C" __global__ void __launch_bounds__(128) few_threads(int* values) { values[threadIdx.x] = 1; }
        extern "C" __global__ void any_threads(int* values) { values[threadIdx.x] = 1; }
        """;

    private const int Cuts = 40;
    private const int Changes = 60;

    private static string Ptx => CudaSource.ToPtx(Repository.Read("tests/Shared/Kernels/groups.cu"));

    [TearDown]
    public void Leave() => Emulator.Leave();

    [Test]
    public void ATextThatEndsTooEarlyIsRefusedWithALine()
    {
        var text = Ptx;
        for (var i = 0; i < Cuts; i++)
        {
            var cut = text[..(i * text.Length / Cuts)];
            // Between two functions nothing shows that there was more.
            Refuse(cut, mustFail: cut.Count(c => c == '{') > cut.Count(c => c == '}'));
        }
    }

    [Test]
    public void ATextWithWrongCharactersIsRefusedOrReadButNeverMore()
    {
        var text = Ptx;
        var random = new Random(5);
        for (var i = 0; i < Changes; i++)
        {
            var changed = new StringBuilder(text);
            for (var n = random.Next(1, 4); n > 0; n--) changed[random.Next(text.Length)] = "%.;,{}[]()1a -\0"[random.Next(15)];
            Refuse(changed.ToString(), mustFail: false);
        }
    }

    [Test]
    public void TextThatIsNoPtxFailsAtTheLoadWithTheDriversResult() => Assert.That(
        () => new TestGpu(Ptx[..^20]).Dispose(),
        Throws.TypeOf<GpuException>().With.Message.Contains("CUDA_ERROR_INVALID_PTX").And.Message.Contains("FUSION6001"));

    [TestCase(1025, 0)]
    [TestCase(32, 228 << 10)]
    [TestCase(32, 49 << 10, Description = "More than 48 KiB need the kernel's consent.")]
    public void ALaunchOfMoreThanTheChipHasIsRefused(int threads, int sharedBytes)
    {
        using var gpu = TestGpu.Of(Source);
        var values = gpu.Unwritten<int>(1024);

        Assert.That(() => gpu.Run("any_threads", 1, threads, sharedBytes, [], values),
            Throws.TypeOf<GpuException>().With.Message.Contains("CUDA_ERROR_INVALID_VALUE"));
        gpu.Run("any_threads", 1, 1024, values);
    }

    [Test]
    public void ALaunchOfMoreThreadsThanTheKernelSaysIsRefused()
    {
        using var gpu = TestGpu.Of(Source);
        var values = gpu.Unwritten<int>(1024);

        Assert.That(() => gpu.Run("few_threads", 1, 129, values), Throws.TypeOf<GpuException>().With.Message.Contains("CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES"));
        gpu.Run("few_threads", 1, 128, values);
    }

    [TestCase(0)]
    [TestCase(2)]
    public void ParametersThatDoNotFitAreRefusedBeforeTheDriver(int count)
    {
        Emulator.Use();
        using var context = GpuContext.Open();
        using var stream = new GpuStream(context);
        using var values = new DeviceBuffer<BFloat16>(context, 64);
        var library = KernelLibrary.Load(typeof(AllReduce).Assembly, context);
        var kernel = library.GetKernel("one_shot_bf16_p1_v1");
        var arguments = Enumerable.Repeat<KernelArgument>(values, count).ToArray();

        Assert.That(() => kernel.Launch(stream, new LaunchShape(1, 32), arguments), Throws.InstanceOf<ArgumentException>());
    }

    private static void Refuse(string text, bool mustFail)
    {
        try
        {
            Emulation.Driver.PreparedModule.Of(Encoding.UTF8.GetBytes(text));
            Assert.That(mustFail, Is.False, text.Length > 200 ? text[^200..] : text);
        }
        catch (PtxException e)
        {
            Assert.That(e.Message, Does.Match("^FUSION600[1-4]: "));
        }
    }
}
