using Fusion.CublasLt;
using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>Matmuls by the kernels of this assembly, with the bits of <see cref="CpuMatmul"/>.</summary>
internal sealed class OwnMatmuls : IDisposable
{
    private const int Block = 128;
    private const int TileColumns = 32;
    private const int TileRows = 16;
    private const int MaxRowTiles = 4096;

    private readonly Dictionary<GpuContext, KernelLibrary> libraries = [];

    /// <exception cref="FusionException">The kernels cannot be loaded.</exception>
    public OwnMatmuls(RankGroup group)
    {
        try
        {
            foreach (var context in group.Ranks.Select(rank => rank.Context).OfType<GpuContext>().Distinct())
                libraries[context] = KernelLibrary.Load(typeof(OwnMatmuls).Assembly, context);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public void Launch(GpuStream stream, in MatmulCall call)
    {
        var (input, weight, output) = (call.Input, call.Weight, call.Output);
        if (output.Count == 0) return;
        var name = $"matmul_{CallWords.WordOf(input.Type)}_{CallWords.WordOf(output.Type)}";
        var (columns, depth) = (checked((int)weight.Rows), checked((int)weight.Columns));
        libraries[stream.Context].GetKernel(name).Launch(
            stream, new(new((columns + TileColumns - 1) / TileColumns, (int)Math.Min((output.Rows + TileRows - 1) / TileRows, MaxRowTiles)), Block),
            Pointer(input), Pointer(weight), Pointer(output), Pointer(call.Bias), Pointer(call.InputScale), Pointer(call.WeightScale),
            call.Scaling == MatmulScaling.Row ? 1 : 0, call.Alpha, output.Rows, columns, depth);
    }

    public void Dispose()
    {
        foreach (var library in libraries.Values) library.Dispose();
    }

    private static DevicePointer<byte> Pointer(DeviceTensor? tensor) => new(tensor?.Address ?? 0);
}
