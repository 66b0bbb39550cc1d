namespace Fusion.Runtime.Tests.Readme;

/// <summary>The method of docs/installing.md by which a test is ignored where there is no GPU.</summary>
public sealed class TestsThatNeedAGpu
{
    [Test]
    public void AreIgnoredWithoutOne()
    {
        if (GpuDevice.Count > 0)
        {
            using var context = OpenOrIgnore();
            Assert.That(context.Device.Ordinal, Is.Zero);
            return;
        }

        using (new NUnit.Framework.Internal.TestExecutionContext.IsolatedContext())
            Assert.That(() => OpenOrIgnore(), Throws.TypeOf<IgnoreException>().With.Message.Contains("FUSION200"));
    }

    private static GpuContext OpenOrIgnore()
    {
        try
        {
            return GpuContext.Open();
        }
        catch (NoGpuException e)
        {
            Assert.Ignore(e.Message);
            throw;
        }
    }
}
