using System.Runtime.InteropServices;

namespace Fusion.Runtime.Tests.Devices;

public sealed partial class VariablesOfTheEnvironment
{
    [Test]
    public void AreSetOnce()
    {
        var first = NativeEnvironment.Prepare();

        Assert.That(NativeEnvironment.Prepare(), Is.SameAs(first), "what this library set does not become the user's own");
        Assert.That(NativeEnvironment.Settings, Is.SameAs(first));
    }

    [Test]
    public void AreThoseOfAllReducesUnlessTheProgramHasNone()
    {
        Assert.That(
            NativeEnvironment.Wanted(mayAllReduce: true).Select(setting => $"{setting.Name}={setting.Value}"),
            Is.EqualTo(["CUDA_DEVICE_MAX_CONNECTIONS=32", "NCCL_RUNTIME_CONNECT=0"]));
        Assert.That(NativeEnvironment.Wanted(mayAllReduce: false), Is.Empty);
    }

    // A native library asks the C library, to which .NET does not tell what it sets.
    [Test]
    [Platform("Linux")]
    public void AreSeenByNativeLibraries()
    {
        foreach (var setting in NativeEnvironment.Prepare())
        {
            Assert.That(Marshal.PtrToStringUTF8(Get(setting.Name)), Is.EqualTo(setting.Value), setting.Name);
            Assert.That(Environment.GetEnvironmentVariable(setting.Name), Is.EqualTo(setting.Value), setting.Name);
        }
    }

    [LibraryImport("libc", EntryPoint = "getenv", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Get(string name);
}
