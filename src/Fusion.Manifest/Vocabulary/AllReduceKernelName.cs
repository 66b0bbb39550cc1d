using System.Globalization;

namespace Fusion.Manifest;

/// <summary>The name of an all-reduce kernel that is compiled for one model: <c>one_shot_bf16_p7_v1_h4096_n8_residual_rmsnorm_fp8</c>,
/// or of one that exchanges nothing, <c>epilogue_bf16_v1_h4096_residual_rmsnorm_fp8</c>. The build writes it, the run time knows
/// by it what the kernel is for.</summary>
/// <param name="Algorithm"><see cref="OneShot"/>, <see cref="TwoShot"/> or <see cref="EpilogueKernel"/>.</param>
/// <param name="DataType">One of <see cref="AllReduceVocabulary.DataTypes"/>.</param>
/// <param name="Peers">Peers whose data a thread waits for at a time; 0 for one that exchanges nothing.</param>
/// <param name="Vectors">Vectors of 8 elements that a thread holds at most.</param>
/// <param name="HiddenSize">Elements of a token.</param>
/// <param name="WorldSize">Number of ranks; 0 for one that exchanges nothing.</param>
/// <param name="Epilogue">What follows the sum.</param>
public readonly record struct AllReduceKernelName(
    string Algorithm, string DataType, int Peers, int Vectors, int HiddenSize, int WorldSize, EpilogueWords Epilogue)
{
    /// <summary>One-shot: each rank sums all tokens.</summary>
    public const string OneShot = "one_shot";

    /// <summary>Two-shot: each rank sums its share of the tokens and sends the sums to all.</summary>
    public const string TwoShot = "two_shot";

    /// <summary>The epilogue kernel: what follows the sum, alone.</summary>
    public const string EpilogueKernel = "epilogue";

    /// <summary>What the name of a module of such kernels starts with; the project's name for them follows, then the type and
    /// the epilogue: <c>fusion-allreduce/llama.bf16.residual_rmsnorm_fp8</c>.</summary>
    public const string ModulePrefix = "fusion-allreduce/";

    /// <summary>Name of the module of the kernels of a type and an epilogue.</summary>
    /// <param name="item">The project's name for them.</param>
    /// <param name="dataType">The type.</param>
    /// <param name="epilogue">The epilogue.</param>
    public static string ModuleOf(string item, string dataType, EpilogueWords epilogue) =>
        $"{ModulePrefix}{item}.{dataType}.{epilogue.Identifier}";

    /// <summary>Whether a module has kernels that are compiled for one model.</summary>
    /// <param name="module">The module's name.</param>
    public static bool IsModule(string module)
    {
        ArgumentNullException.ThrowIfNull(module);
        return module.StartsWith(ModulePrefix, StringComparison.Ordinal);
    }

    /// <summary>The project's name for a module's kernels.</summary>
    /// <param name="module">The module's name.</param>
    public static string ItemOf(string module)
    {
        ArgumentNullException.ThrowIfNull(module);
        return string.Join('.', module[(module.IndexOf('/', StringComparison.Ordinal) + 1)..].Split('.')[..^2]);
    }

    /// <summary>Reads a name.</summary>
    /// <param name="text">The kernel's name.</param>
    /// <param name="name">What it says.</param>
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
        // Whatever is missing or written in another way does not come out as it went in.
        return name.ToString() == text;

        int Number(char letter)
        {
            if (!fields.TryPeek(out var field) || !field.StartsWith(letter)) return 0;
            if (!int.TryParse(field.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return 0;
            fields.Dequeue();
            return number;
        }
    }

    /// <summary>The name.</summary>
    public override string ToString() => Algorithm == EpilogueKernel
        ? string.Create(CultureInfo.InvariantCulture, $"{Algorithm}_{DataType}_v{Vectors}_h{HiddenSize}_{Epilogue.Identifier}")
        : string.Create(CultureInfo.InvariantCulture,
            $"{Algorithm}_{DataType}_p{Peers}_v{Vectors}_h{HiddenSize}_n{WorldSize}_{Epilogue.Identifier}");
}
