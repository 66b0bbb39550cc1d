namespace Fusion.Runtime;

/// <summary>A value given to an all-reduce, or to a call of it, is wrong. Nothing was launched, and the group can still be
/// used.</summary>
public sealed class AllReduceArgumentException : FusionException
{
    internal AllReduceArgumentException(string parameter, string value, string allowed)
        : base(ErrorCodes.AllReduceArgument,
            $"{parameter} of the all-reduce is {value}; allowed is {allowed}. Nothing was launched.") =>
        (Parameter, Value, Allowed) = (parameter, value, allowed);

    /// <summary>What is wrong, as <see cref="AllReduceCall"/> or <see cref="AllReduceOptions"/> names it:
    /// <c>Residual</c>, <c>Norm.Gamma</c>.</summary>
    public string Parameter { get; }

    /// <summary>What it is.</summary>
    public string Value { get; }

    /// <summary>What it may be.</summary>
    public string Allowed { get; }
}
