namespace Fusion.Compiler.Precompiled;

/// <summary>Compilations that begin with the same headers. For many threads at a time.</summary>
/// <param name="text">The directives that include the headers.</param>
/// <param name="size">How many compilations they are at most: some may turn out to be fresh.</param>
internal sealed class HeaderGroup(string text, int size)
{
    /// <summary>The fewest compilations that are worth it. Precompiling costs up to one and a half times what it saves each.</summary>
    public const int LeastSize = 4;

    private const int LeastLeft = 2;
    private readonly Lock gate = new();
    private int begun;
    private int ended;
    private long bytes;
    private bool isHopeless;
    private PrecompiledHeader? header;

    /// <summary>Notes that one of the compilations begins, or is found to be fresh.</summary>
    public void Begin()
    {
        lock (gate) begun++;
    }

    /// <summary>Notes that one of them is done.</summary>
    public void End()
    {
        lock (gate)
        {
            if (++ended == size) header?.Remove();
        }
    }

    /// <summary>Notes what one that did without read.</summary>
    /// <param name="bytesOfHeaders">Size of all its headers.</param>
    public void Weigh(long bytesOfHeaders)
    {
        lock (gate) bytes = bytesOfHeaders;
    }

    /// <summary>Does without from now on: NVRTC did not take what it had made.</summary>
    public void GiveUp()
    {
        lock (gate) isHopeless = true;
    }

    /// <summary>The precompiled headers for a compilation. The first one does without, so that what is compiled alone costs nothing; the
    /// second precompiles, if more may come.</summary>
    /// <param name="options">NVRTC's options for it.</param>
    /// <param name="create">Precompiles the directives, or gives null. Others wait, as they would for NVRTC.</param>
    /// <returns>Null to do without.</returns>
    public PrecompiledHeader? For(IReadOnlyList<string> options, Func<string, PrecompiledHeader?> create)
    {
        lock (gate)
        {
            if (isHopeless) return null;
            if (header is null)
            {
                if (bytes < PrecompiledHeader.LeastBytes || size - begun < LeastLeft) return null;
                header = create(text);
                isHopeless = header is null;
            }

            return header is not null && header.Options.SequenceEqual(options) ? header : null;
        }
    }
}
