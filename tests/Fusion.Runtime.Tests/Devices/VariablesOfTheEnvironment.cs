using System.Runtime.InteropServices;

namespace Fusion.Runtime.Tests.Devices;

public sealed partial class VariablesOfTheEnvironment
{
    [Test]
    public void AreSetOnce()
    {
        var first = NativeEnvironment.Settings;

        Assert.That(NativeEnvironment.Settings, Is.SameAs(first), "what this library set does not become the user's own");
        Assert.That(first.Select(setting => $"{setting.Name}={setting.Value}"), Is.EqualTo(["NCCL_RUNTIME_CONNECT=0"]));
    }

    // In this process the driver never starts: it is none, or one of managed functions.
    [Test]
    public void LetManyStreamsReachAGpuForRanksThatShareOne()
    {
        Assert.That(NativeEnvironment.AllowManyStreams(), Is.EqualTo(32));
        Assert.That(NativeEnvironment.AllowManyStreams(), Is.EqualTo(32));
        Assert.That(Environment.GetEnvironmentVariable("CUDA_DEVICE_MAX_CONNECTIONS"), Is.EqualTo("32"));
    }

    // A native library asks the C library, to which .NET does not tell what it sets.
    [Test]
    [Platform("Linux")]
    public void AreSeenByNativeLibraries()
    {
        foreach (var setting in NativeEnvironment.Settings)
        {
            Assert.That(Marshal.PtrToStringUTF8(Get(setting.Name)), Is.EqualTo(setting.Value), setting.Name);
            Assert.That(Environment.GetEnvironmentVariable(setting.Name), Is.EqualTo(setting.Value), setting.Name);
        }
    }

    [LibraryImport("libc", EntryPoint = "getenv", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Get(string name);
}
