using Fusion.Manifest;

namespace Fusion.Runtime.Tests;

/// <summary>Requests for tests.</summary>
internal static class Requests
{
    public static PlanRequest Of(
        int sm = 90, int ranks = 8, int tokens = 1, int hidden = 8192, int maxTokens = 2048,
        ElementType type = ElementType.BFloat16) => new()
        {
            Capability = ComputeCapability.FromNumber(sm),
            WorldSize = ranks,
            Tokens = tokens,
            MaxTokens = maxTokens,
            HiddenSize = hidden,
            DataType = type,
        };
}
