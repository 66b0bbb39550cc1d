namespace Fusion.Emulation;

/// <summary>Use of a word of memory by a thread.</summary>
internal struct MemoryUse
{
    /// <summary>Time of the launch's <see cref="LaunchOrder"/>.</summary>
    public long At;

    /// <summary>Number of the launch; 0 for none.</summary>
    public int Launch;
    public int Block;

    /// <summary>Barriers that the block had passed.</summary>
    public int Epoch;

    /// <summary>Times that lanes of the warp had waited for each other.</summary>
    public int Sync;
    public int Pc;
    public short Thread;

    /// <summary>A bit for each byte of the word.</summary>
    public byte Bytes;
}

/// <summary>Uses of a word: the last write and the last read.</summary>
internal struct MemoryMark
{
    public MemoryUse Write;
    public MemoryUse Read;

    /// <summary>The last launch that read the word as data that does not change.</summary>
    public int ReadOnlyLaunch;
    public byte ReadOnlyBytes;
}

/// <summary>Uses of each word of an allocation, as far as it is used.</summary>
internal sealed class MemoryMarks(ulong bytes)
{
    public const int Word = 4;
    public const byte AllBytes = 0xF;
    private const int WordsOfAPage = 1024;

    private readonly MemoryPage?[] pages = new MemoryPage[(bytes / (Word * WordsOfAPage)) + 1];

    /// <summary>Gets the marks of the words around one, to be locked while they are used.</summary>
    public MemoryPage PageOf(ulong word) => Volatile.Read(ref pages[word / WordsOfAPage]) ?? Make(word / WordsOfAPage);

    /// <summary>Copies that use the allocation.</summary>
    public required CopyUses Copies { get; init; }

    /// <summary>Gets the words between two offsets that threads have used, with their numbers.</summary>
    public IEnumerable<(ulong Word, MemoryMark Mark)> Between(ulong start, ulong end)
    {
        for (var word = start / Word; word * Word < end;)
        {
            if (Volatile.Read(ref pages[word / WordsOfAPage]) is not { } page)
            {
                word = ((word / WordsOfAPage) + 1) * WordsOfAPage;
                continue;
            }

            yield return (word, page.Marks[word % WordsOfAPage]);
            word++;
        }
    }

    /// <summary>Place of a word in its page.</summary>
    public static int IndexOf(ulong word) => (int)(word % WordsOfAPage);

    private MemoryPage Make(ulong page)
    {
        var made = new MemoryPage(WordsOfAPage);
        return Interlocked.CompareExchange(ref pages[page], made, null) ?? made;
    }
}

/// <summary>Marks of a run of words, which one worker at a time uses.</summary>
internal sealed class MemoryPage(int words)
{
    private int isTaken;

    public MemoryMark[] Marks { get; } = new MemoryMark[words];

    /// <summary>Waits until no other worker uses the marks. It is held for a few instructions.</summary>
    public void Enter()
    {
        var wait = default(SpinWait);
        while (Volatile.Read(ref isTaken) != 0 || Interlocked.CompareExchange(ref isTaken, 1, 0) != 0) wait.SpinOnce();
    }

    public void Exit() => Volatile.Write(ref isTaken, 0);
}
