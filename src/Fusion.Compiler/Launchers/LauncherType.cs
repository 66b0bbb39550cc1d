namespace Fusion.Compiler.Launchers;

/// <summary>How a launcher takes a parameter.</summary>
/// <param name="CSharp">Type in C#.</param>
/// <param name="Size">An expression for its size in bytes; 0 if the launcher does not know.</param>
/// <param name="Passing">How it becomes an argument.</param>
internal sealed record LauncherType(string CSharp, string Size, ArgumentPassing Passing)
{
    /// <summary>An argument that the caller makes.</summary>
    public static readonly LauncherType Untyped = new("global::Fusion.Runtime.KernelArgument", "0", ArgumentPassing.Converted);
}

/// <summary>How a value becomes an argument of a kernel.</summary>
internal enum ArgumentPassing
{
    /// <summary>By its conversion to an argument.</summary>
    Converted,

    /// <summary>As a small value.</summary>
    Value,

    /// <summary>As a value of a type parameter: small or by its address.</summary>
    Generic,

    /// <summary>By its address.</summary>
    Address,
}
