using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

public sealed class HeadersOfAKernel : SharedConsumer
{
    private protected override Consumer Create()
    {
        var consumer = new Consumer(Projects.Library("<FusionIncludePaths>shared</FusionIncludePaths>"));
        consumer.Write("kernels/beside.cuh", "#define WHERE beside\n").Write("shared/beside.cuh", "#define WHERE shared\n");
        consumer.Write("shared/common.cuh", "#include \"nested/more.cuh\"\n").Write("shared/nested/more.cuh", "#define MORE nested\n");
        consumer.Write("kernels/headers.cu", """
            #include "beside.cuh"
            #include <common.cuh>
            #include <fusion/base/integers.cuh>
            #include <fusion/norm/rms_norm.cuh>
            #define JOIN(a, b) a##b
            #define NAMED(a, b) JOIN(a, b)
            extern "C" __global__ void NAMED(from_, WHERE)(fusion::i64* out) { out[0] = sizeof(fusion::bf16); }
            extern "C" __global__ void NAMED(more_, MORE)() {}
            """);
        consumer.Build().MustSucceed();
        return consumer;
    }

    [Test]
    public void LieBesideTheSourceWhichComesFirst() => Assert.That(Names, Does.Contain("from_beside"));

    [Test]
    public void OrInIncludePaths() => Assert.That(Names, Does.Contain("more_nested"));

    [Test]
    public void OrComeWithTheSdk() => Assert.That(
        Directory.GetFiles(Path.Combine(PackedSdk.PackageCache, "fusion.sdk", PackedSdk.Version, "Sdk/kernels/cu/fusion"), "*.cuh", SearchOption.AllDirectories),
        Is.Not.Empty);

    private string[] Names => Consumer.Built.KernelNames("kernels/headers");
}
