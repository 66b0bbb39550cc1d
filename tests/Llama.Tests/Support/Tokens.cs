namespace Llama.Tests.Support;

/// <summary>Reads what a server makes.</summary>
internal static class Tokens
{
    /// <summary>All tokens, when the last was made.</summary>
    public static async Task<int[]> Of(IAsyncEnumerable<int> tokens)
    {
        var all = new List<int>();
        await foreach (var token in tokens) all.Add(token);
        return [.. all];
    }
}
