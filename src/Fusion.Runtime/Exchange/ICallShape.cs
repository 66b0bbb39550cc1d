namespace Fusion.Runtime;

/// <summary>What all ranks' calls of an operation have in common.</summary>
internal interface ICallShape
{
    /// <summary>Number that is equal for equal calls, in all processes, and differs for calls that differ.</summary>
    ulong Fingerprint { get; }

    /// <summary>Names and values of what the calls have in common, in words, always the same names in the same order.</summary>
    IReadOnlyList<KeyValuePair<string, string>> Items { get; }
}

/// <summary>Mixes numbers to fingerprints, which must not depend on the process.</summary>
internal static class Fingerprints
{
    /// <summary>Mixes two numbers; their order counts.</summary>
    /// <param name="first">The first number.</param>
    /// <param name="second">The second number.</param>
    public static ulong Mix(ulong first, ulong second) => Mix(Mix(first) + second);

    // The finalizer of SplitMix64 (Steele, Lea and Flood, 2014): each bit of the result depends on each bit of the number.
    private static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
