namespace Fusion.Emulation.Machine;

/// <summary>Values of the special registers that do not change while a thread runs.</summary>
internal static unsafe class SpecialRegisters
{
    private static readonly HashSet<string> Names =
    [
        "%tid.x", "%tid.y", "%tid.z", "%ntid.x", "%ntid.y", "%ntid.z", "%ctaid.x", "%ctaid.y", "%ctaid.z",
        "%nctaid.x", "%nctaid.y", "%nctaid.z", "%laneid", "%warpid", "%nwarpid", "%smid", "%nsmid",
        "%lanemask_eq", "%lanemask_le", "%lanemask_lt", "%lanemask_ge", "%lanemask_gt",
        "%clusterid.x", "%clusterid.y", "%clusterid.z", "%nclusterid.x", "%nclusterid.y", "%nclusterid.z",
        "%cluster_ctaid.x", "%cluster_ctaid.y", "%cluster_ctaid.z", "%cluster_nctaid.x", "%cluster_nctaid.y", "%cluster_nctaid.z",
        "%cluster_ctarank", "%cluster_nctarank", "%dynamic_smem_size", "%total_smem_size",
        "%envreg1", "%envreg2",
    ];

    public static bool Has(string name) => Names.Contains(name);

    public static void Fill(Warp warp)
    {
        foreach (var (name, slot) in warp.Block.Grid.Code.Specials)
        {
            var values = (uint*)(warp.Registers + slot);
            for (var lane = 0; lane < 32; lane++) values[lane] = (uint)Value(name, warp, lane);
        }
    }

    /// <summary>Place of a thread in its block.</summary>
    public static (int X, int Y, int Z) ThreadOf(Warp warp, int lane)
    {
        var shape = warp.Block.Grid.BlockShape;
        var thread = (warp.Index * 32) + lane;
        return (thread % shape.X, thread / shape.X % shape.Y, thread / (shape.X * shape.Y));
    }

    private static int Value(string name, Warp warp, int lane)
    {
        var block = warp.Block;
        var grid = block.Grid;
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        var (word, axis) = dot < 0 ? (name, 'x') : (name[..dot], name[dot + 1]);
        var cluster = grid.ClusterShape;
        var clusters = (X: grid.GridShape.X / cluster.X, Y: grid.GridShape.Y / cluster.Y, Z: grid.GridShape.Z / cluster.Z);
        return word switch
        {
            "%tid" => Of(ThreadOf(warp, lane)),
            "%ntid" => Of(grid.BlockShape),
            "%ctaid" => Of(block.Index),
            "%nctaid" => Of(grid.GridShape),
            "%laneid" => lane,
            "%warpid" => warp.Index,
            "%nwarpid" => block.Warps.Length,
            "%smid" => (block.Index.X + (block.Index.Y * grid.GridShape.X)) % grid.Gpu.Machine.Options.Multiprocessors,
            "%nsmid" => grid.Gpu.Machine.Options.Multiprocessors,
            "%lanemask_eq" => 1 << lane,
            "%lanemask_lt" => (1 << lane) - 1,
            "%lanemask_le" => (int)((2u << lane) - 1),
            "%lanemask_ge" => -1 << lane,
            "%lanemask_gt" => lane == 31 ? 0 : -2 << lane,
            "%clusterid" => Of((block.Index.X / cluster.X, block.Index.Y / cluster.Y, block.Index.Z / cluster.Z)),
            "%nclusterid" => Of(clusters),
            "%cluster_ctaid" => Of((block.Index.X % cluster.X, block.Index.Y % cluster.Y, block.Index.Z % cluster.Z)),
            "%cluster_nctaid" => Of(cluster),
            "%cluster_ctarank" => block.RankInCluster,
            "%cluster_nctarank" => cluster.X * cluster.Y * cluster.Z,
            // Where the driver has put the counter of a cooperative launch: what cooperative_groups::grid_group rests on.
            "%envreg1" => (int)(grid.BarrierAddress >> 32),
            "%envreg2" => (int)grid.BarrierAddress,
            "%dynamic_smem_size" => grid.DynamicSharedBytes,
            _ => block.SharedBytes,
        };

        int Of((int X, int Y, int Z) value) => axis switch
        {
            'x' => value.X,
            'y' => value.Y,
            _ => value.Z,
        };
    }
}
