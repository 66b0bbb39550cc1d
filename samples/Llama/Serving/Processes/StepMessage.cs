using Llama.Model.Running;

namespace Llama.Serving.Processes;

/// <summary>What the process that decides tells the others to do.</summary>
internal enum StepOrder : byte
{
    /// <summary>Begin a step when the one before has ended.</summary>
    Begin,

    /// <summary>Begin a step behind the one that was begun last.</summary>
    BeginBehind,

    /// <summary>Compute the logits of a step.</summary>
    Logits,

    /// <summary>Make the runner usable again after a step that failed.</summary>
    Recover,

    /// <summary>There are no more steps.</summary>
    End,
}

/// <summary>Writes and reads steps as messages. Most parts go on where a part of the message before ended: of these the message has what is new, a few bytes
/// for a sequence that decodes.</summary>
/// <remarks>An instance writes, and another one in each other process reads all that it wrote, in the same order.</remarks>
internal sealed class StepMessage
{
    private const int New = 0, NoChoice = 0, Greedy = 1, ByChance = 2;

    private IReadOnlyList<StepPart> last = [];

    /// <summary>Writes a message.</summary>
    /// <param name="order">What is to be done.</param>
    /// <param name="parts">Parts of the step; null if the order has none.</param>
    public byte[] Write(StepOrder order, IReadOnlyList<StepPart>? parts = null)
    {
        var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        writer.Write((byte)order);
        if (parts is null)
        {
            last = [];
            return bytes.ToArray();
        }

        writer.Write7BitEncodedInt(parts.Count);
        // A page has one owner at a time, so that the first one finds the part that may be gone on with.
        var byPage = Enumerable.Range(0, last.Count).ToDictionary(index => last[index].Pages[0]);
        foreach (var part in parts)
        {
            var before = byPage.TryGetValue(part.Pages[0], out var index) && GoesOn(part, last[index]) ? index : -1;
            writer.Write7BitEncodedInt(before < 0 ? New : before + 1);
            if (before < 0) writer.Write7BitEncodedInt(part.First);
            Write(writer, part.Pages, before < 0 ? 0 : last[before].Pages.Count);
            writer.Write7BitEncodedInt(part.Follows is { } followed ? followed + 1 : 0);
            if (part.Follows is null) Write(writer, part.Tokens, 0);
            Write(writer, part.Choice);
        }

        last = parts;
        return bytes.ToArray();
    }

    /// <summary>Reads a message.</summary>
    /// <param name="message">The message.</param>
    /// <returns>What is to be done, and parts of the step, if the order has one.</returns>
    public (StepOrder Order, IReadOnlyList<StepPart> Parts) Read(byte[] message)
    {
        using var reader = new BinaryReader(new MemoryStream(message));
        var order = (StepOrder)reader.ReadByte();
        if (order is StepOrder.Recover or StepOrder.End) return (order, last = []);
        var parts = new StepPart[reader.Read7BitEncodedInt()];
        for (var i = 0; i < parts.Length; i++)
        {
            var before = reader.Read7BitEncodedInt() is var index and > New ? last[index - 1] : null;
            var first = before is null ? reader.Read7BitEncodedInt() : before.First + before.Tokens.Count;
            int[] pages = [.. before?.Pages ?? [], .. ReadNumbers(reader)];
            var follows = reader.Read7BitEncodedInt();
            parts[i] = new(follows > 0 ? [0] : ReadNumbers(reader), first, pages, ReadChoice(reader)) { Follows = follows > 0 ? follows - 1 : null };
        }

        last = parts;
        return (order, parts);
    }

    private static bool GoesOn(StepPart part, StepPart before)
    {
        if (part.First != before.First + before.Tokens.Count || part.Pages.Count < before.Pages.Count) return false;
        for (var i = 0; i < before.Pages.Count; i++)
        {
            if (part.Pages[i] != before.Pages[i]) return false;
        }

        return true;
    }

    private static void Write(BinaryWriter writer, IReadOnlyList<int> numbers, int from)
    {
        writer.Write7BitEncodedInt(numbers.Count - from);
        for (var i = from; i < numbers.Count; i++) writer.Write7BitEncodedInt(numbers[i]);
    }

    private static int[] ReadNumbers(BinaryReader reader)
    {
        var numbers = new int[reader.Read7BitEncodedInt()];
        for (var i = 0; i < numbers.Length; i++) numbers[i] = reader.Read7BitEncodedInt();
        return numbers;
    }

    private static void Write(BinaryWriter writer, TokenChoice? choice)
    {
        writer.Write((byte)(choice is null ? NoChoice : choice.Value.Temperature == 0 ? Greedy : ByChance));
        if (choice is not { Temperature: not 0 } chance) return;
        writer.Write(chance.Temperature);
        writer.Write(chance.TopP);
        writer.Write(chance.Random);
    }

    private static TokenChoice? ReadChoice(BinaryReader reader) => reader.ReadByte() switch
    {
        NoChoice => null,
        Greedy => TokenChoice.Greedy,
        _ => new(reader.ReadSingle(), reader.ReadSingle(), reader.ReadDouble()),
    };
}
