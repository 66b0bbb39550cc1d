using System.Runtime.InteropServices;
using Fusion.Interop;
using Fusion.Interop.Driver;
using Fusion.Manifest;

namespace Fusion.Runtime.Tests.Devices;

/// <summary>A driver is a table of functions: this one's are C#.</summary>
public sealed unsafe class DriversOfManagedFunctions
{
    [Test]
    public void OpenContextsAndCopyMemoryAsTheRealOneDoes()
    {
        GpuDriver.Use(new Functions());
        try
        {
            Assert.That(GpuDriver.Version, Is.EqualTo(new Version(12, 8)));
            Assert.That(GpuDevice.Count, Is.EqualTo(1));
            using var context = GpuContext.Open();
            Assert.That((context.Device.Name, context.Device.Capability), Is.EqualTo(("Managed GPU", new ComputeCapability(9, 0))));
            using var buffer = new DeviceBuffer<int>(context, [1, 2, 3, 4]);

            buffer.CopyFrom([7, 8]);

            var values = new int[4];
            buffer.CopyTo(values);
            Assert.That(values, Is.EqualTo(new[] { 7, 8, 3, 4 }));
            buffer.Fill(0xFF);
            buffer.CopyTo(values);
            Assert.That(values, Has.All.EqualTo(-1));
        }
        finally
        {
            GpuDriver.Use(null);
        }
    }

    [Test]
    public void AContextTakesOverNothingOnceItIsClosed()
    {
        GpuDriver.Use(new Functions());
        try
        {
            var context = GpuContext.Open();
            var early = KernelLibrary.Load(KernelAssembly.With(Samples.Manifest(Samples.Module("fusion-allreduce/m.bf16.none", Samples.Image("sm_90")))), context);
            var late = KernelLibrary.Load(KernelAssembly.With(Samples.Manifest(Samples.Module("fusion-allreduce/m.bf16.none", Samples.Image("sm_90")))), context);
            context.Own(early);
            context.Dispose();

            Assert.That(early.IsDisposed);
            Assert.That(() => context.Own(late), Throws.TypeOf<ObjectDisposedException>(), "nobody would dispose it");
            late.Dispose();
        }
        finally
        {
            GpuDriver.Use(null);
        }
    }

    [Test]
    public void ReportWhatTheyDoNotHaveAsErrorsOfTheDriver()
    {
        GpuDriver.Use(new Functions());
        try
        {
            using var context = GpuContext.Open();

            var error = Assert.Throws<GpuException>(() => new GpuStream(context).Dispose())!;

            Assert.That(error.Message, Does.Contain("cuStreamCreate").And.Contain("801"));
        }
        finally
        {
            GpuDriver.Use(null);
        }
    }

    [Test]
    public void MustHaveTheFunctionsThatEveryDriverHas() =>
        Assert.That(() => CudaDriver.Of(new None()), Throws.TypeOf<EntryPointNotFoundException>().With.Message.Contain("cuInit"));

    private sealed class None : IExportTable
    {
        public bool TryGet(string name, out nint address) => (address = 0) != 0;
    }

    private sealed class Functions : IExportTable
    {
        public bool TryGet(string name, out nint address)
        {
            address = name switch
            {
                "cuInit" => (nint)(delegate* unmanaged<uint, CudaResult>)&Init,
                "cuDriverGetVersion" => (nint)(delegate* unmanaged<int*, CudaResult>)&GetVersion,
                "cuDeviceGetCount" => (nint)(delegate* unmanaged<int*, CudaResult>)&GetCount,
                "cuDeviceGet" => (nint)(delegate* unmanaged<int*, int, CudaResult>)&GetDevice,
                "cuDeviceGetName" => (nint)(delegate* unmanaged<byte*, int, int, CudaResult>)&GetName,
                "cuDeviceTotalMem_v2" => (nint)(delegate* unmanaged<nuint*, int, CudaResult>)&TotalMemory,
                "cuDeviceGetAttribute" => (nint)(delegate* unmanaged<int*, DeviceProperty, int, CudaResult>)&GetAttribute,
                "cuDevicePrimaryCtxRetain" => (nint)(delegate* unmanaged<nint*, int, CudaResult>)&Retain,
                "cuDevicePrimaryCtxRelease_v2" => (nint)(delegate* unmanaged<int, CudaResult>)&Release,
                "cuCtxSetCurrent" => (nint)(delegate* unmanaged<nint, CudaResult>)&SetCurrent,
                "cuCtxGetCurrent" => (nint)(delegate* unmanaged<nint*, CudaResult>)&GetCurrent,
                "cuStreamSynchronize" => (nint)(delegate* unmanaged<nint, CudaResult>)&Synchronize,
                "cuMemAlloc_v2" => (nint)(delegate* unmanaged<ulong*, nuint, CudaResult>)&Allocate,
                "cuMemFree_v2" => (nint)(delegate* unmanaged<ulong, CudaResult>)&Free,
                "cuMemcpyHtoD_v2" => (nint)(delegate* unmanaged<ulong, void*, nuint, CudaResult>)&CopyToDevice,
                "cuMemcpyDtoH_v2" => (nint)(delegate* unmanaged<void*, ulong, nuint, CudaResult>)&CopyToHost,
                "cuMemsetD8_v2" => (nint)(delegate* unmanaged<ulong, byte, nuint, CudaResult>)&Fill,
                _ => (nint)(delegate* unmanaged<CudaResult>)&NotSupported,
            };
            return true;
        }

        [UnmanagedCallersOnly]
        private static CudaResult Init(uint flags) => CudaResult.Success;

        [UnmanagedCallersOnly]
        private static CudaResult NotSupported() => (CudaResult)801;

        [UnmanagedCallersOnly]
        private static CudaResult GetVersion(int* version) => Give(version, 12080);

        [UnmanagedCallersOnly]
        private static CudaResult GetCount(int* count) => Give(count, 1);

        [UnmanagedCallersOnly]
        private static CudaResult GetDevice(int* device, int ordinal) => Give(device, ordinal);

        [UnmanagedCallersOnly]
        private static CudaResult GetName(byte* name, int length, int device)
        {
            "Managed GPU\0"u8.CopyTo(new Span<byte>(name, length));
            return CudaResult.Success;
        }

        [UnmanagedCallersOnly]
        private static CudaResult TotalMemory(nuint* bytes, int device) => Give(bytes, (nuint)1 << 30);

        [UnmanagedCallersOnly]
        private static CudaResult GetAttribute(int* value, DeviceProperty property, int device) => Give(value, property switch
        {
            DeviceProperty.ComputeCapabilityMajor => 9,
            DeviceProperty.ComputeCapabilityMinor => 0,
            _ => 1,
        });

        [UnmanagedCallersOnly]
        private static CudaResult Retain(nint* context, int device) => Give(context, 42);

        [UnmanagedCallersOnly]
        private static CudaResult Release(int device) => CudaResult.Success;

        [UnmanagedCallersOnly]
        private static CudaResult SetCurrent(nint context) => CudaResult.Success;

        [UnmanagedCallersOnly]
        private static CudaResult GetCurrent(nint* context) => Give(context, 0);

        [UnmanagedCallersOnly]
        private static CudaResult Synchronize(nint stream) => CudaResult.Success;

        [UnmanagedCallersOnly]
        private static CudaResult Allocate(ulong* address, nuint bytes) => Give(address, (ulong)NativeMemory.AlignedAlloc(bytes, 256));

        [UnmanagedCallersOnly]
        private static CudaResult Free(ulong address)
        {
            NativeMemory.AlignedFree((void*)address);
            return CudaResult.Success;
        }

        [UnmanagedCallersOnly]
        private static CudaResult CopyToDevice(ulong to, void* from, nuint bytes)
        {
            NativeMemory.Copy(from, (void*)to, bytes);
            return CudaResult.Success;
        }

        [UnmanagedCallersOnly]
        private static CudaResult CopyToHost(void* to, ulong from, nuint bytes)
        {
            NativeMemory.Copy((void*)from, to, bytes);
            return CudaResult.Success;
        }

        [UnmanagedCallersOnly]
        private static CudaResult Fill(ulong address, byte value, nuint bytes)
        {
            NativeMemory.Fill((void*)address, bytes, value);
            return CudaResult.Success;
        }

        private static CudaResult Give<T>(T* to, T value)
            where T : unmanaged
        {
            *to = value;
            return CudaResult.Success;
        }
    }
}
