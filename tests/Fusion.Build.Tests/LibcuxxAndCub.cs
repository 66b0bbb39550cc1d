using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

/// <summary>A project that asks for libcu++ and CUB by one property.</summary>
public sealed class LibcuxxAndCub : SharedConsumer
{
    private const string Property = "<FusionCccl>true</FusionCccl>";

    private protected override Consumer Create()
    {
        var consumer = new Consumer(Projects.Library("<TreatWarningsAsErrors>true</TreatWarningsAsErrors>"));
        consumer.Write("sum.cu", """
            #include <cub/block/block_reduce.cuh>
            #include <cuda/std/limits>
            extern "C" __global__ void sum(const float* values, float* total, int* most) {
              using Reduce = cub::BlockReduce<float, 128>;
              __shared__ typename Reduce::TempStorage storage;
              const float all = Reduce(storage).Sum(values[threadIdx.x]);
              if (threadIdx.x == 0) { *total = all; *most = cuda::std::numeric_limits<int>::max(); }
            }

            """);
        return consumer;
    }

    [Test]
    [Category("Nightly")]
    public void AreFoundWithItAndNamedByTheErrorWithoutIt()
    {
        Assert.That(Consumer.Build().MustFail().Error("FUSION1001", "sum.cu").Text, Does.Contain(Property));

        Consumer.WriteProject(Projects.Library($"<TreatWarningsAsErrors>true</TreatWarningsAsErrors>{Property}"));

        Consumer.Build().MustSucceed();
        Assert.That(Consumer.Images, Is.EqualTo(["sum.sm_80.cubin"]));
    }
}
