using Fusion.Compiler.Tests.Infrastructure;

namespace Fusion.Compiler.Tests.Kernels;

/// <summary>Reductions over a row (norm/row_registers.cuh) in kernels that somebody writes with them.</summary>
[TestFixture("11.8", Category = "Nightly")]
[TestFixture("12.4")]
public sealed class ReductionsOfRows(string nvrtc) : NvrtcFixture(nvrtc)
{
    [Test]
    public void ASoftmaxAndAScaleOfAQuantizationCompileForBlocksAndClusters()
    {
        Project.Request.FusionIncludePath = Path.Combine(NvrtcUnderTest.RepositoryRoot, "kernels", "cu");
        Project.Add("softmax.cu", """
            #include <fusion/norm/row_registers.cuh>
            #include <fusion/ptx/grid.cuh>
            using namespace fusion;

            extern "C" __global__ void softmax(float* row, float* scale, int count, int part, int parts) {
              __shared__ RowScratch scratches[2];
              RowReducer reducer(scratches, part, parts);
              const int i = static_cast<int>(part * blockDim.x + threadIdx.x);
              const float x = i < count ? row[i] : -__int_as_float(0x7F800000);
              const float e = expf(x - reducer.max(x));
              const float partial[1] = {e};
              if (i < count) row[i] = e / reducer.sum(partial, count / 8);
              scale[0] = reducer.amax(fabsf(x)) / 448.0f;
            }
            """, "sm_80;sm_90");

        var run = Project.Run().MustSucceed();

        Assert.That(run.Warnings, Is.Empty, run.ToString());
        Assert.That(run.Compiled, Has.Count.EqualTo(2));
    }
}
