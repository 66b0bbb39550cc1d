namespace Fusion.Manifest;

/// <summary>How far code for an architecture carries.</summary>
public enum ArchitectureForm
{
    /// <summary><c>sm_90</c>: the same generation from this chip on; as PTX, every later chip.</summary>
    Plain,

    /// <summary><c>sm_100f</c>: the chips of one family, from this one on.</summary>
    Family,

    /// <summary><c>sm_90a</c>: this one chip.</summary>
    Specific,
}
