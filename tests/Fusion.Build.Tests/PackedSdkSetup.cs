using System.IO.Compression;
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

    [OneTimeSetUp]
    public void UnpackNvrtc()
    {
        if (Directory.Exists(PackedSdk.Nvrtc)) Directory.Delete(PackedSdk.Nvrtc, recursive: true);
        Directory.CreateDirectory(PackedSdk.Nvrtc);
        using var pack = ZipFile.OpenRead(PackedSdk.PackagePath("Fusion.Nvrtc.linux-x64"));
        foreach (var library in pack.Entries.Where(entry => entry.FullName.StartsWith("nvrtc/", StringComparison.Ordinal)))
            library.ExtractToFile(Path.Combine(PackedSdk.Nvrtc, library.Name));
    }

    [OneTimeTearDown]
    public void EndTheCSharpServer() => CSharpServer.End();

    [OneTimeTearDown]
    public void RemoveTheTemplates() => Templates.Remove();
}
