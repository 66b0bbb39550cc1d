using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

/// <summary>NuGet keeps what it once unpacked: the last run's packages must not be this run's.</summary>
[SetUpFixture]
public sealed class PackedSdkSetup
{
    [OneTimeSetUp]
    public void ForgetThePackagesOfTheLastRun()
    {
        Directory.CreateDirectory(PackedSdk.PackageCache);
        foreach (var folder in Directory.GetDirectories(PackedSdk.PackageCache, "fusion.*")) Directory.Delete(folder, recursive: true);
    }
}
