using System.Globalization;

namespace Fusion.Compiler.Images;

/// <summary>What a PTX text declares.</summary>
/// <param name="Version">Version of the PTX language: <c>8.4</c>.</param>
/// <param name="Kernels">Kernels of the text, in the order of the text.</param>
/// <param name="Variables">Variables that are defined in it, in the order of the text.</param>
internal sealed record PtxContent(string Version, IReadOnlyList<ImageKernel> Kernels, IReadOnlyList<ImageVariable> Variables);

/// <summary>Reads the entries of a PTX text, where their parameters lie, and the variables.</summary>
/// <remarks>PTX ISA, "Kernel and Function Directives" and "Kernel Function Parameters". A parameter lies at the next
/// multiple of its alignment, which is that of its type unless <c>.align</c> says more; but see
/// <see cref="ImageParameter.IsPlacedByChip"/>.</remarks>
internal sealed class PtxReader
{
    private const int Threads = 3;

    private readonly PtxScanner _scanner;
    private readonly List<ImageKernel> _kernels = [];
    private readonly HashSet<string> _symbols = new(StringComparer.Ordinal);
    private readonly List<ImageVariable> _variables = [];
    private string _version = "";

    private PtxReader(string text) => _scanner = new PtxScanner(text);

    /// <summary>Reads a PTX text.</summary>
    /// <param name="text">All of it.</param>
    /// <exception cref="InvalidDataException">The text is no PTX, or cut off.</exception>
    public static PtxContent Read(string text)
    {
        var reader = new PtxReader(text);
        reader.ReadModule();
        return new PtxContent(reader._version, reader._kernels, reader._variables);
    }

    private void ReadModule()
    {
        while (_scanner.Next())
        {
            switch (_scanner.Current)
            {
                case ".version": _version = Take("a version"); break;
                case ".entry": ReadEntry(); break;
                case ".extern": PtxVariable.SkipExternal(_scanner); break;
                case ".global" or ".const" when PtxVariable.Read(_scanner) is { } variable: _variables.Add(variable); break;
                case "{": SkipBody(""); break;
            }
        }

        if (_version.Length == 0 || !char.IsAsciiDigit(_version[0]))
        {
            throw new InvalidDataException(
                "The text is no PTX: expected the line '.version' with a number, which NVRTC always writes. Compile the source again.");
        }
    }

    private void ReadEntry()
    {
        var symbol = Take("the name of an entry");
        Advance(symbol);
        var parameters = new List<ImageParameter>();
        if (_scanner.Current == "(")
        {
            while (Advance(symbol) != ")")
            {
                if (_scanner.Current == ".param") parameters.Add(ReadParameter(symbol, parameters));
                if (_scanner.Current == ")") break;
            }

            Advance(symbol);
        }

        int? threads = null;
        while (_scanner.Current is not ("{" or ";"))
        {
            if (_scanner.Current is ".maxntid" or ".reqntid")
            {
                threads = ReadThreads(symbol);
                continue;
            }

            // A pragma is the one directive before the body that ends in a semicolon.
            if (_scanner.Current == ".pragma") SkipTo(";", symbol);
            Advance(symbol);
        }

        if (_scanner.Current == ";") return;
        var arrays = SkipBody(symbol);
        if (!_symbols.Add(symbol)) throw Damaged(symbol, "a second body");
        _kernels.Add(new ImageKernel(symbol, parameters) { MaxThreads = threads, LocalArrayBytes = arrays });
    }

    // .param [.align N] .type [.ptr [.space] [.align N]] name [ '[' N ']' ]: ends on the comma or parenthesis behind it.
    private ImageParameter ReadParameter(string symbol, List<ImageParameter> before)
    {
        var type = "";
        var alignment = 0;
        var size = 0;
        var count = 1;
        while (Advance(symbol) is not ("," or ")"))
        {
            var word = _scanner.Current;
            if (word == ".align")
            {
                var value = Number(Advance(symbol), symbol);
                if (type.Length == 0) alignment = value;
            }
            else if (type.Length == 0 && PtxType.SizeOf(word) is { } bytes)
            {
                type = word[1..];
                size = bytes;
            }
            else if (word == "[")
            {
                count = Number(Advance(symbol), symbol);
                type += $"[{count}]";
            }
        }

        if (size == 0) throw Damaged(symbol, "a parameter without a known type");
        if (alignment == 0) alignment = size;
        var end = before.Count == 0 ? 0L : before[^1].Offset + before[^1].Size;
        var offset = (end + alignment - 1) / alignment * alignment;
        return offset + ((long)size * count) <= int.MaxValue
            ? new ImageParameter((int)offset, size * count, alignment, type)
            : throw Damaged(symbol, "parameters of more than 2 GiB");
    }

    private int ReadThreads(string symbol)
    {
        long product = 1;
        for (var i = 0; i < Threads; i++)
        {
            product *= Number(Advance(symbol), symbol);
            if (product > int.MaxValue) throw Damaged(symbol, "a bound of more than 2^31 threads");
            if (Advance(symbol) != ",") break;
        }

        return (int)product;
    }

    // Gives the bytes of the arrays that it declares in local memory.
    private int SkipBody(string symbol)
    {
        var bytes = 0L;
        for (var depth = 1; depth > 0;)
        {
            var word = Advance(symbol);
            depth += word switch { "{" => 1, "}" => -1, _ => 0 };
            if (word == ".local") bytes += ReadLocal(symbol);
        }

        return (int)Math.Min(bytes, int.MaxValue);
    }

    // .local [.align N] .type name [ '[' N ']' ] ';'
    private long ReadLocal(string symbol)
    {
        var bytes = 0L;
        for (var word = Advance(symbol); word != ";"; word = Advance(symbol))
        {
            if (PtxType.SizeOf(word) is { } size) bytes = size;
            else if (word == "[") bytes *= Number(Advance(symbol), symbol);
        }

        return bytes;
    }

    private void SkipTo(string token, string symbol)
    {
        while (Advance(symbol) != token)
        {
        }
    }

    private string Take(string what) => _scanner.Next()
        ? _scanner.Current
        : throw new InvalidDataException($"The PTX ends where {what} was expected: it is cut off. Compile the source again.");

    private string Advance(string symbol) =>
        Take(symbol.Length == 0 ? "the end of a block" : $"the rest of the entry '{symbol}'");

    private static int Number(string word, string symbol) =>
        int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value > 0
            ? value
            : throw Damaged(symbol, $"'{word}' instead of a positive number");

    private static InvalidDataException Damaged(string symbol, string found) =>
        new($"The PTX of the entry '{symbol}' has {found}: it is damaged, or newer than this version of Fusion. Compile the source again.");
}
