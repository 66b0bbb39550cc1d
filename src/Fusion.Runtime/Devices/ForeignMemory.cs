using System.Globalization;

namespace Fusion.Runtime;

/// <summary>The driver's knowledge of an address that another library gave: memory, context and allocation.</summary>
/// <param name="Place">Kind of memory and GPU.</param>
/// <param name="Context">Context of the allocation; 0 if it belongs to none.</param>
/// <param name="Start">Address at which the allocation starts; 0 if the driver does not say.</param>
/// <param name="Size">Size of the allocation in bytes.</param>
internal readonly record struct ForeignMemory(MemoryPlace Place, nint Context, ulong Start, ulong Size)
{
    /// <summary>Asks the driver about an address.</summary>
    /// <param name="address">The address.</param>
    public static ForeignMemory At(ulong address)
    {
        var place = DriverMemoryInspector.Instance.Inspect(address);
        GpuDriver.Check(
            GpuDriver.Library.Address.GetAllocation(address, out var context, out var start, out var size),
            "cuPointerGetAttributes");
        return new(place, context, start, size);
    }

    /// <summary>Throws unless kernels of a context can use the memory.</summary>
    /// <param name="address">The address.</param>
    /// <param name="bytes">Number of bytes that are used from there on.</param>
    /// <param name="gpu">Ordinal of the context's GPU.</param>
    /// <param name="context">Handle of the context.</param>
    /// <exception cref="FusionArgumentException">Kernels of the context cannot use the memory, or the allocation ends
    /// before.</exception>
    public void ThrowUnlessUsable(ulong address, ulong bytes, int gpu, nint context)
    {
        var expected = Text($"memory of GPU {gpu}");
        switch (Place.Kind)
        {
            case MemoryKind.Unknown:
                throw DeviceErrors.ForeignAddress(
                    address, "unknown to the CUDA driver: memory of the host, or freed", expected,
                    "Pass an address on the GPU, while its owner keeps it.");
            case MemoryKind.Host:
                throw DeviceErrors.ForeignAddress(
                    address, "pinned memory of the host", expected, "Copy it to a DeviceBuffer.");
            case MemoryKind.Device when Place.Gpu != gpu:
                throw DeviceErrors.ForeignAddress(
                    address, Text($"memory of GPU {Place.Gpu}"), expected, Text($"Open the context of GPU {Place.Gpu}, or copy the data."));
            case MemoryKind.Device when Context != 0 && Context != context:
                throw DeviceErrors.ForeignAddress(
                    address, Text($"of the context 0x{Context:x}"), Text($"the context 0x{context:x} of the same GPU"),
                    "Wrap the context that the other library works in: GpuContext.FromHandle.");
        }

        if (Start == 0) return;
        var left = Start + Size - address;
        if (bytes > left)
        {
            throw DeviceErrors.ForeignAddress(
                address, Text($"followed by {left} bytes of its allocation"), Text($"{bytes} bytes"),
                "Count elements, not bytes, and give the type that lies there.");
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
