namespace Fusion.Runtime;

/// <summary>A value given to an all-reduce, or to a call of it, is wrong. Nothing was launched, and the group can still be
/// used.</summary>
public sealed class AllReduceArgumentException : FusionException
{
    internal AllReduceArgumentException(string parameter, string value, string allowed)
        : base(ErrorCodes.AllReduceArgument,
            $"{parameter} of the all-reduce is {value}; allowed is {allowed}. Nothing was launched.") =>
        (Parameter, Value, Allowed) = (parameter, value, allowed);

    /// <summary>Name of the wrong value in <see cref="AllReduceCall"/> or <see cref="AllReduceOptions"/>, such as
    /// <c>Norm.Gamma</c>.</summary>
    public string Parameter { get; }

    /// <summary>The wrong value, in words.</summary>
    public string Value { get; }

    /// <summary>Values that are allowed, in words.</summary>
    public string Allowed { get; }
}
