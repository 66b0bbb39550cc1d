using Fusion.Interop.Driver;

namespace Fusion.Runtime.Tests.Readme;

/// <summary>The lines of the page of the package Fusion.Interop.</summary>
public sealed class BindingsOfThePackage
{
    [Test]
    public void NameTheGpusOrSayWhyThereIsNone()
    {
        var names = new List<string>();

        var failure = Read(names);

        if (failure is null) Assert.That(names, Has.Count.EqualTo(GpuDevice.Count));
        else Assert.That((failure, names.Count, GpuDevice.Count), Is.EqualTo((failure, 0, 0)));
        Assert.That(failure, Is.Null.Or.Not.Empty);
    }

    private static string? Read(List<string> names)
    {
        if (!CudaDriver.TryLoad(out var driver, out var failure)) return failure;
        driver.Device.GetCount(out var count);
        for (var ordinal = 0; ordinal < count; ordinal++)
        {
            driver.Device.Get(ordinal, out var device);
            driver.Device.GetName(device, out var name);
            names.Add(name);
        }

        return null;
    }
}
