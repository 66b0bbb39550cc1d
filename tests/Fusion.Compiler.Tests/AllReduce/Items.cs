using Fusion.Build.Contract;
using Fusion.Compiler.AllReduce;

namespace Fusion.Compiler.Tests.AllReduce;

/// <summary>FusionAllReduce items for tests, and what is said of them.</summary>
internal static class Items
{
    public static AllReduceRequest Of(
        string name = "llama", string hidden = "4096", string type = "bf16", string ranks = "2;8",
        string epilogues = "residual+rmsnorm+fp8") => new()
        {
            Name = name,
            HiddenSize = hidden,
            DataType = type,
            WorldSizes = ranks,
            Epilogues = epilogues,
            Architectures = "sm_80",
        };

    public static (IReadOnlyList<AllReduceModule> Modules, IReadOnlyList<Diagnostic> Said) Read(params AllReduceRequest[] items)
    {
        var said = new List<Diagnostic>();
        return (new AllReduceReading("", said.Add).Read(items), said);
    }

    public static AllReduceModule Module(AllReduceRequest item)
    {
        var (modules, said) = Read(item);
        Assert.That(said, Is.Empty);
        return modules.Single();
    }
}
