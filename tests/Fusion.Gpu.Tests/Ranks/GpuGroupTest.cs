using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Ranks;

/// <summary>Tests of groups on GPU 0; each is shown as ignored without one.</summary>
public abstract class GpuGroupTest
{
    [OneTimeSetUp]
    public void RequireGpu()
    {
        try
        {
            if (GpuDevice.Count > 0) return;
        }
        catch (GpuException e)
        {
            Assert.Ignore($"no GPU: {e.Message}");
        }

        Assert.Ignore("no GPU: there is no driver, or it sees none");
    }
}
