namespace Fusion.Compiler.Images;

/// <summary>Reads the kernels of a cubin and what they need.</summary>
/// <remarks>NVIDIA does not document the format; the places used here were compared with what cuobjdump and the driver
/// report for cubins of NVRTC 11.8, 12.4 and 13.0.</remarks>
internal static class CubinReader
{
    private const string TextPrefix = ".text.";
    private const string InfoSection = ".nv.info";
    private const string InfoPrefix = ".nv.info.";
    private const string SharedPrefix = ".nv.shared.";
    private const uint UnknownStack = uint.MaxValue;

    // From sm_90 on, the section of shared memory starts with what the system keeps for itself; the driver does not count it.
    private const int FirstWithReservedShared = 90;
    private const int ReservedShared = 1024;
    private const int BarrierShift = 20;
    private const int BarrierMask = 0x7f;

    /// <summary>Reads a cubin.</summary>
    /// <param name="bytes">All of it.</param>
    /// <exception cref="InvalidDataException">It is no cubin, or cut off, or damaged.</exception>
    public static IReadOnlyList<ImageKernel> Read(byte[] bytes)
    {
        var file = ElfFile.Read(bytes);
        var sections = new Dictionary<string, ElfSection>(StringComparer.Ordinal);
        foreach (var section in file.Sections) sections.TryAdd(section.Name, section);
        var common = BySymbol(Attributes(file, sections, InfoSection));
        var banks = CubinConstants.ByKernel(file.Sections);

        var kernels = new List<ImageKernel>();
        var symbols = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < file.Symbols.Count; i++)
        {
            var symbol = file.Symbols[i];
            if (!symbol.IsEntry || !sections.TryGetValue(TextPrefix + symbol.Name, out var text)) continue;
            if (!symbols.Add(symbol.Name)) throw Damaged(symbol.Name, "two entries of that name");

            var own = Attributes(file, sections, InfoPrefix + symbol.Name);
            sections.TryGetValue(SharedPrefix + symbol.Name, out var shared);
            kernels.Add(new ImageKernel(symbol.Name, Parameters(symbol.Name, own))
            {
                Registers = Registers(common, (uint)i, text),
                SharedBytes = Shared(symbol.Name, shared.Size, file.Architecture),
                LocalBytes = Local(common, (uint)i),
                MaxThreads = MaxThreads(symbol.Name, own),
                Code = MachineCode.Read(file.Content(text), file.Architecture) with
                {
                    FrameBytes = (int)Math.Min(Of(common, CubinAttributeKind.FrameSize, (uint)i) ?? 0, int.MaxValue),
                    Barriers = (int)(text.Flags >> BarrierShift) & BarrierMask,
                    ConstantBytes = CubinConstants.Of(symbol.Name, banks),
                    Cluster = Cluster(symbol.Name, own),
                },
            });
        }

        return kernels;
    }

    private static List<CubinAttribute> Attributes(
        ElfFile file, Dictionary<string, ElfSection> sections, string name) =>
        sections.TryGetValue(name, out var section) ? CubinAttribute.ReadAll(file.Content(section), name) : [];

    private static ImageParameter[] Parameters(string symbol, List<CubinAttribute> attributes)
    {
        var found = new SortedDictionary<uint, ImageParameter>();
        foreach (var (kind, words) in attributes)
        {
            if (kind is not (CubinAttributeKind.Parameter or CubinAttributeKind.LargeParameter)) continue;
            if (words.Length < 3) throw Damaged(symbol, "a parameter without a size");

            // Words: index; ordinal and offset; size with other bits. Only the large form has room for sizes from 16 KiB on.
            var size = kind == CubinAttributeKind.Parameter ? words[2] >> 18 : words[2] & 0xffff;
            if (!found.TryAdd(words[1] & 0xffff, new ImageParameter((int)(words[1] >> 16), (int)size)))
            {
                throw Damaged(symbol, "two parameters at one position");
            }
        }

        return found.Count == 0 || found.Keys.Last() == found.Count - 1
            ? [.. found.Values]
            : throw Damaged(symbol, "a gap between its parameters");
    }

    // The first of each kind that names a function is what counts.
    private static Dictionary<(CubinAttributeKind Kind, uint Symbol), uint> BySymbol(List<CubinAttribute> common)
    {
        var values = new Dictionary<(CubinAttributeKind Kind, uint Symbol), uint>();
        foreach (var (kind, words) in common)
        {
            if (words is [var owner, var value, ..]) values.TryAdd((kind, owner), value);
        }

        return values;
    }

    private static int Registers(Dictionary<(CubinAttributeKind Kind, uint Symbol), uint> common, uint symbol, ElfSection text)
    {
        // Chips before sm_90 carry the count in the section's header too, and old toolkits only there.
        var count = Of(common, CubinAttributeKind.RegisterCount, symbol);
        return (int)Math.Min(count ?? (text.Info >> 24), int.MaxValue);
    }

    private static int? Local(Dictionary<(CubinAttributeKind Kind, uint Symbol), uint> common, uint symbol)
    {
        var frame = Of(common, CubinAttributeKind.FrameSize, symbol);
        var stack = Of(common, CubinAttributeKind.MinStackSize, symbol);
        // A kernel that recurses has no bound; its own frame is what is known.
        var bytes = stack is null or UnknownStack ? frame : Math.Max(stack.Value, frame ?? 0);
        return bytes <= int.MaxValue ? (int)bytes : null;
    }

    private static uint? Of(Dictionary<(CubinAttributeKind Kind, uint Symbol), uint> common, CubinAttributeKind kind, uint symbol) =>
        common.TryGetValue((kind, symbol), out var value) ? value : null;

    private static int Shared(string symbol, ulong size, int architecture)
    {
        if (size > int.MaxValue) throw Damaged(symbol, $"{size} bytes of shared memory");
        var reserved = architecture >= FirstWithReservedShared ? ReservedShared : 0;
        return Math.Max(0, (int)size - reserved);
    }

    private static int? MaxThreads(string symbol, List<CubinAttribute> attributes)
    {
        foreach (var (kind, words) in attributes)
        {
            if (kind is not (CubinAttributeKind.MaxThreads or CubinAttributeKind.RequiredThreads)) continue;
            ulong threads = 1;
            foreach (var count in words)
            {
                threads *= count;
                if (threads > int.MaxValue) throw Damaged(symbol, "a bound of more than 2^31 threads");
            }

            return (int)threads;
        }

        return null;
    }

    private static int[] Cluster(string symbol, List<CubinAttribute> attributes)
    {
        var words = attributes.FirstOrDefault(attribute => attribute.Kind == CubinAttributeKind.ClusterSize).Words ?? [];
        return Array.TrueForAll(words, count => count <= int.MaxValue)
            ? Array.ConvertAll(words, count => (int)count)
            : throw Damaged(symbol, "a cluster of more than 2^31 blocks");
    }

    private static InvalidDataException Damaged(string symbol, string found) =>
        new($"The cubin has for the kernel '{symbol}' {found}: it is damaged, or newer than this version of Fusion. Compile the source again.");
}
