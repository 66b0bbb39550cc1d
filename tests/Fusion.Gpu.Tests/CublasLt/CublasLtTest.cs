using Fusion.CublasLt;
using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.CublasLt;

/// <summary>Tests with a real cuBLASLt; ignored where there is none (<c>FUSION_CUBLASLT_PATH</c> names it or its folder).</summary>
public abstract class CublasLtTest : GpuTest
{
    private Matmul? matmul;

    private protected Matmul Matmul => matmul!;

    [OneTimeSetUp]
    public void FindCublasLt() => matmul = Make(Context);

    [OneTimeTearDown]
    public void EndCublasLt() => matmul?.Dispose();

    private protected static Matmul Make(GpuContext context, MatmulOptions? options = null)
    {
        try
        {
            return new(context, options);
        }
        catch (CublasLtException e) when (e.Code == CublasLtErrorCodes.NotFound &&
            string.IsNullOrEmpty(Environment.GetEnvironmentVariable("FUSION_CUBLASLT_PATH")))
        {
            Assert.Ignore(e.Message);
            throw;
        }
    }

    /// <summary>Ignores a test of what the library or the GPU does not have, as they are known to.</summary>
    private protected void Require(ElementType type, MatmulScaling scaling)
    {
        if (type != ElementType.Float8E4M3) return;
        var (major, minor) = (Context.Device.Capability.Major, Context.Device.Capability.Minor);
        if (major < 8 || (major == 8 && minor < 9)) Assert.Ignore($"{Context.Device} has no FP8");
        if (scaling == MatmulScaling.Tensor) return;
        if (Matmul.Version < new Version(12, 9) || (major, minor) != (9, 0))
            Assert.Ignore($"scales by {scaling} are for cuBLASLt 12.9 and sm_90: this is {Matmul.Version} on {Context.Device}");
    }
}
