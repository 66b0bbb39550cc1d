using System.Globalization;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Infrastructure;

/// <summary>Where the ranks of tests are: all on GPU 0, or on the GPUs that <c>FUSION_TEST_GPUS</c> lists, the first rank on
/// the first one: <c>0,1,2,3</c>. A test of more ranks than the list has is ignored.</summary>
internal static class RanksOfATest
{
    public const string Variable = "FUSION_TEST_GPUS";

    private static readonly int[] Listed = [.. (Environment.GetEnvironmentVariable(Variable) ?? "")
        .Split(',', StringSplitOptions.RemoveEmptyEntries)
        .Select(number => int.Parse(number, CultureInfo.InvariantCulture))];

    /// <summary>Whether ranks have GPUs of their own.</summary>
    public static bool AreOnSeveralGpus => Listed.Distinct().Count() > 1;

    /// <summary>The GPUs that the list has, each once; GPU 0 without a list.</summary>
    public static int[] Gpus => Listed.Length == 0 ? [0] : [.. Listed.Distinct()];

    public static RankGroup Group(int ranks, KernelLoadOptions? kernels = null)
    {
        if (Listed.Length == 0) return RankGroup.Loopback(ranks, 0, kernels);
        if (ranks > Listed.Length) Assert.Ignore($"{ranks} ranks: {Variable} lists {Listed.Length} GPUs");
        return RankGroup.OfGpus(Listed[..ranks], kernels);
    }
}
