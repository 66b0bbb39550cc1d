using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>Codes of this library's exceptions and warnings.</summary>
public static class GraphErrorCodes
{
    /// <summary><see cref="GraphException"/>: types or shapes of an op do not fit.</summary>
    public const string Shape = "FUSION5001";

    /// <summary><see cref="GraphException"/>: a name is defined twice, or not at all.</summary>
    public const string Definition = "FUSION5002";

    /// <summary><see cref="FusionDataException"/>: the JSON of a graph cannot be read.</summary>
    public const string File = "FUSION5003";

    /// <summary><see cref="FusionDataException"/>: a configuration of the passes is wrong, or its file cannot be read.</summary>
    public const string Config = "FUSION5004";

    /// <summary>A warning of the report: no-op elimination is off, and a fusion was lost for it.</summary>
    public const string LostToNoOp = "FUSION5005";

    /// <summary><see cref="GraphException"/>: a weight, an input or a delegate that a run needs is missing.</summary>
    public const string NotReady = "FUSION5006";

    /// <summary><see cref="FusionArgumentException"/>: a number of tokens is out of range.</summary>
    public const string Tokens = "FUSION5007";

    /// <summary><see cref="FusionArgumentException"/>: there is no such group, or it does not fit the others.</summary>
    public const string Group = "FUSION5008";

    /// <summary><see cref="FusionArgumentException"/>: there is no such input, weight or output, or what is given for it does not
    /// fit.</summary>
    public const string Binding = "FUSION5009";

    /// <summary>A warning of <see cref="FusionPassConfig.Warnings"/>: a pass of vLLM that Fusion does not have.</summary>
    public const string NoSuchPass = "FUSION5010";
}
