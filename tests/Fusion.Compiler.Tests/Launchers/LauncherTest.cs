using Fusion.Build.Contract;
using Fusion.Compiler.Launchers;

namespace Fusion.Compiler.Tests.Launchers;

/// <summary>What launchers a source gets.</summary>
internal abstract class LauncherTest
{
    protected List<Diagnostic> Warnings { get; } = [];

    /// <summary>Texts of the headers that the source includes.</summary>
    protected List<string> Headers { get; } = [];

    /// <summary>The types that the source gave to C#.</summary>
    protected DeviceTypeNames TypeNames { get; private set; } = new("Types.");

    [SetUp]
    public void ForgetWarnings()
    {
        Warnings.Clear();
        Headers.Clear();
    }

    protected IReadOnlyList<Launcher> Read(string source, string expressions = "", string defines = "", params (string Name, string CSharp)[] types)
    {
        TypeNames = new DeviceTypeNames("Types.");
        var kernel = new KernelRequest { Source = "/src/k.cu", Name = "kernels/k", ["NameExpressions"] = expressions, ["Defines"] = defines };
        var map = new TypeMap(types.Select(type => KeyValuePair.Create(type.Name, type.CSharp)));
        return new LauncherSource(kernel, source.ReplaceLineEndings("\n"), Headers, map, TypeNames, Warnings.Add).Read();
    }

    /// <summary>Each launcher as <c>kernel(type name, …)</c>, with C# types in their short form.</summary>
    protected string Signatures(string source, string expressions = "", string defines = "", params (string Name, string CSharp)[] types) =>
        string.Join("; ", Read(source, expressions, defines, types).Select(Describe));

    private static string Describe(Launcher launcher) => launcher.Parameters is { } parameters
        ? $"{launcher.Kernel}({string.Join(", ", parameters.Select(p => $"{Short(p.CSharp.CSharp)} {p.Name}"))})"
        : $"{launcher.Kernel}(?)";

    protected static string Short(string type) => type.Replace("global::", "").Replace("Fusion.Runtime.", "").Replace("System.", "")
        .Replace("DevicePointer", "Pointer").Replace("KernelArgument", "?");
}
