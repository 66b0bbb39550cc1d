using Fusion.Runtime;
using TorchSharp;

namespace Interop;

/// <summary>A kernel of Fusion.Sdk on a tensor of TorchSharp.</summary>
internal static class WithTorchSharp
{
    public static float[] Run()
    {
        using var tensor = torch.tensor([1f, 2f, 3f], device: torch.CUDA);
        using var same = tensor.contiguous(); // elements one behind the other: the same tensor where it is so already

        // libtorch uses the primary context, and its default stream unless told otherwise.
        using var context = GpuContext.Open(same.device_index);
        ForeignMemory.Scale(context, stream: 0, AddressOf(same), same.NumberOfElements, factor: 10);

        // Behind it, in the same stream. Copying to the host waits.
        using var result = same.add(1).cpu();
        return result.data<float>().ToArray();
    }

    private static nint AddressOf(torch.Tensor tensor) =>
        tensor.storage<float>().data_ptr() + (nint)(tensor.storage_offset() * sizeof(float));
}
