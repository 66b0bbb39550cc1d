using System.Globalization;
using Fusion.Build.Contract;
using Fusion.Compiler.Architectures;
using Fusion.Manifest;

namespace Fusion.Compiler.AllReduce;

/// <summary>Reads the all-reduces of a request and judges their metadata.</summary>
/// <param name="ofProject">The architectures of the project: a mistake in them is not the item's.</param>
/// <param name="say">Gets every problem.</param>
internal sealed class AllReduceReading(string ofProject, Action<Diagnostic> say)
{
    /// <summary>Reads all of them.</summary>
    /// <param name="requests">What the project asks for.</param>
    /// <returns>What can be compiled.</returns>
    public IReadOnlyList<AllReduceModule> Read(IReadOnlyList<AllReduceRequest> requests)
    {
        // Names of files: what differs in case alone would be the same where names of files are.
        foreach (var same in requests.GroupBy(request => request.Name, StringComparer.OrdinalIgnoreCase).Where(group => group.Count() > 1))
        {
            Wrong(Codes.AllReduceName, $"{same.Count()} FusionAllReduce items are named '{same.Key}'. Give each model a name of "
                + "its own, or put the lists of one model into one item.");
        }

        List<AllReduceModule> modules = [.. requests.SelectMany(ReadOne)];
        foreach (var same in modules.SelectMany(module => module.Kernels.Select(kernel => (module.Item, Kernel: kernel)))
            .Where(x => x.Kernel.WorldSize > 0).GroupBy(x => x.Kernel with { Algorithm = "" }).Where(group => group.Select(x => x.Item).Distinct().Count() > 1))
        {
            var (kernel, names) = (same.Key, string.Join(" and ", same.Select(x => $"'{x.Item}'").Distinct()));
            Wrong(Codes.AllReduceName, $"{names} ask for the same kernels: {kernel.HiddenSize} {kernel.DataType}, {kernel.WorldSize} "
                + $"ranks, {kernel.Epilogue}. A call could use either; leave it in one of the items.");
        }

        return modules;
    }

    private IReadOnlyList<AllReduceModule> ReadOne(AllReduceRequest request)
    {
        if (!IsName(request.Name))
        {
            Wrong(Codes.AllReduceName, $"FusionAllReduce '{request.Name}': the name becomes a part of file names; expected letters, "
                + "digits, '.', '-' and '_', a letter or digit first: llama-3.1.");
            return [];
        }

        var missing = new[] { (nameof(request.HiddenSize), request.HiddenSize), (nameof(request.WorldSizes), request.WorldSizes),
            (nameof(request.Epilogues), request.Epilogues), (nameof(request.DataType), request.DataType),
            (nameof(request.Architectures), request.Architectures), }
            .Where(one => Split(one.Item2).Length == 0).Select(one => one.Item1).ToList();
        if (missing.Count > 0)
        {
            Wrong(Codes.AllReduceMetadata, $"FusionAllReduce '{request.Name}' has no {string.Join(" and no ", missing)}. "
                + "Expected all of HiddenSize=\"4096\" DataType=\"bf16\" WorldSizes=\"2;8\" Epilogues=\"residual+rmsnorm+fp8\".");
            return [];
        }

        ArchitectureList.Parse(request.Architectures, out var problem);
        if (problem.Length > 0)
        {
            var name = request.Architectures == ofProject ? "FusionArchitectures" : $"FusionAllReduce '{request.Name}': Architectures";
            Wrong(Codes.ArchitectureSyntax, $"{name} is '{request.Architectures}'. {problem}");
            return [];
        }

        var hidden = HiddenSize(request);
        var types = Split(request.DataType).Distinct().Where(type => IsType(request, type)).ToList();
        var ranks = Split(request.WorldSizes).Distinct().Select(size => WorldSize(request, size)).OfType<int>().Order().ToList();
        var epilogues = Split(request.Epilogues).Select(text => Epilogue(request, text, hidden)).OfType<EpilogueWords>().Distinct().ToList();
        if (hidden is not { } size || ranks.Count == 0) return [];
        return [.. types.SelectMany(type => epilogues.Select(epilogue =>
            new AllReduceModule(request.Name, size, type, ranks, epilogue, request.Architectures)))];
    }

    private int? HiddenSize(AllReduceRequest request)
    {
        if (TryNumber(request.HiddenSize, out var size) && AllReduceVocabulary.IsHiddenSize(size)) return size;
        return Wrong<int>(Codes.AllReduceHiddenSize, $"FusionAllReduce '{request.Name}': HiddenSize is '{request.HiddenSize}'; expected "
            + $"one multiple of 8 from 8 to {KernelLimits.LongestRow}. Another hidden size is another item.");
    }

    private bool IsType(AllReduceRequest request, string type)
    {
        if (AllReduceVocabulary.DataTypes.Contains(type)) return true;
        Wrong(Codes.AllReduceDataType, $"FusionAllReduce '{request.Name}': DataType has '{type}'; expected one or more of "
            + $"{string.Join(", ", AllReduceVocabulary.DataTypes)}, split by semicolons.");
        return false;
    }

    private int? WorldSize(AllReduceRequest request, string text)
    {
        if (TryNumber(text, out var ranks) && AllReduceVocabulary.IsWorldSize(ranks)) return ranks;
        return Wrong<int>(Codes.AllReduceWorldSize, $"FusionAllReduce '{request.Name}': WorldSizes has '{text}'; expected numbers of "
            + $"ranks of {AllReduceVocabulary.WorldSizeWords}, split by semicolons.");
    }

    private EpilogueWords? Epilogue(AllReduceRequest request, string text, int? hidden)
    {
        if (!EpilogueWords.TryParse(text, out var words, out var problem))
        {
            return Wrong<EpilogueWords>(Codes.AllReduceEpilogue, $"FusionAllReduce '{request.Name}': Epilogues has '{text}', and {problem}");
        }

        var block = words.Block > 0 ? words.Block : KernelLimits.RowVector;
        if (block % KernelLimits.RowVector != 0)
        {
            return Wrong<EpilogueWords>(Codes.AllReduceEpilogue, $"FusionAllReduce '{request.Name}': Epilogues has '{text}', with "
                + $"groups of {block} elements; expected a multiple of 8, mostly 128.");
        }

        if (hidden is not { } size || size % block == 0) return words;
        return Wrong<EpilogueWords>(Codes.AllReduceHiddenSize, $"FusionAllReduce '{request.Name}': HiddenSize is {size}, and '{text}' "
            + $"quantizes in blocks of {block}; expected a multiple of {block}.");
    }

    private T? Wrong<T>(string code, string message)
        where T : struct
    {
        Wrong(code, message);
        return null;
    }

    private void Wrong(string code, string message) => say(new Diagnostic(DiagnosticSeverity.Error, code, message));

    private static bool IsName(string name) => name.Length > 0 && char.IsAsciiLetterOrDigit(name[0])
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');

    private static bool TryNumber(string text, out int number) =>
        int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static string[] Split(string list) => list.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
