using System.Globalization;

namespace Fusion.Manifest;

/// <summary>Name of an all-reduce kernel compiled for one model, <c>one_shot_bf16_p7_v1_h4096_n8_residual_rmsnorm_fp8</c>,
/// or of an epilogue kernel, <c>epilogue_bf16_v1_h4096_residual_rmsnorm_fp8</c>. The build writes it, and the run time reads
/// from it what the kernel is for.</summary>
/// <param name="Algorithm">Algorithm of the kernel: <see cref="OneShot"/>, <see cref="TwoShot"/> or
/// <see cref="EpilogueKernel"/>.</param>
/// <param name="DataType">Type of the input, one of <see cref="AllReduceVocabulary.DataTypes"/>.</param>
/// <param name="Peers">Number of peers whose data a thread waits for at a time; 0 for an epilogue kernel.</param>
/// <param name="Vectors">Largest number of vectors of 8 elements that a thread holds.</param>
/// <param name="HiddenSize">Number of elements of a token.</param>
/// <param name="WorldSize">World size; 0 for an epilogue kernel.</param>
/// <param name="Epilogue">Epilogue: what follows the sum.</param>
internal readonly record struct AllReduceKernelName(
    string Algorithm, string DataType, int Peers, int Vectors, int HiddenSize, int WorldSize, EpilogueWords Epilogue)
{
    /// <summary>Algorithm one-shot: each rank sums all tokens.</summary>
    public const string OneShot = "one_shot";

    /// <summary>Algorithm two-shot: each rank sums its share of the tokens and sends the sums to all.</summary>
    public const string TwoShot = "two_shot";

    /// <summary>Algorithm of the epilogue kernel, which does what follows the sum.</summary>
    public const string EpilogueKernel = "epilogue";

    /// <summary>Prefix of the name of a module of such kernels, which item, type and epilogue follow:
    /// <c>fusion-allreduce/llama.bf16.residual_rmsnorm_fp8</c>.</summary>
    public const string ModulePrefix = "fusion-allreduce/";

    /// <summary>Makes the name of the module of an item's kernels for a type and an epilogue.</summary>
    /// <param name="item">Name of the project's <c>FusionAllReduce</c> item.</param>
    /// <param name="dataType">The type.</param>
    /// <param name="epilogue">The epilogue.</param>
    public static string ModuleOf(string item, string dataType, EpilogueWords epilogue) =>
        $"{ModulePrefix}{item}.{dataType}.{epilogue.Identifier}";

    /// <summary>Tells whether a module has kernels compiled for one model.</summary>
    /// <param name="module">Name of the module.</param>
    public static bool IsModule(string module)
    {
        ArgumentNullException.ThrowIfNull(module);
        return module.StartsWith(ModulePrefix, StringComparison.Ordinal);
    }

    /// <summary>Gets the name of the item that a module belongs to.</summary>
    /// <param name="module">Name of the module.</param>
    public static string ItemOf(string module)
    {
        ArgumentNullException.ThrowIfNull(module);
        return string.Join('.', module[(module.IndexOf('/', StringComparison.Ordinal) + 1)..].Split('.')[..^2]);
    }

    /// <summary>Reads the name of a kernel.</summary>
    /// <param name="text">Name of the kernel.</param>
    /// <param name="name">The name's parts.</param>
    public static bool TryParse(string text, out AllReduceKernelName name)
    {
        ArgumentNullException.ThrowIfNull(text);
        name = default;
        if (Array.Find([OneShot, TwoShot, EpilogueKernel], algorithm => text.StartsWith(algorithm + "_", StringComparison.Ordinal)) is not { } algorithm)
            return false;
        var fields = new Queue<string>(text[(algorithm.Length + 1)..].Split('_'));
        var type = fields.Dequeue();
        var (peers, vectors, hidden, ranks) = (Number('p'), Number('v'), Number('h'), Number('n'));
        if (!AllReduceVocabulary.DataTypes.Contains(type) || !EpilogueWords.TryParseIdentifier(string.Join('_', fields), out var words)) return false;
        name = new(algorithm, type, peers, vectors, hidden, ranks, words);
        // A name with missing or unusual parts is not written back as it was read.
        return name.ToString() == text;

        int Number(char letter)
        {
            if (!fields.TryPeek(out var field) || !field.StartsWith(letter)) return 0;
            if (!int.TryParse(field.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return 0;
            fields.Dequeue();
            return number;
        }
    }

    /// <summary>Writes the name of the kernel.</summary>
    public override string ToString() => Algorithm == EpilogueKernel
        ? string.Create(CultureInfo.InvariantCulture, $"{Algorithm}_{DataType}_v{Vectors}_h{HiddenSize}_{Epilogue.Identifier}")
        : string.Create(CultureInfo.InvariantCulture,
            $"{Algorithm}_{DataType}_p{Peers}_v{Vectors}_h{HiddenSize}_n{WorldSize}_{Epilogue.Identifier}");
}
