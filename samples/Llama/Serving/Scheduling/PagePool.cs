using Llama.Model.Running;

namespace Llama.Serving.Scheduling;

/// <summary>Pages of the cache that no sequence owns. What was given back last is given out first, while it is in caches.</summary>
internal sealed class PagePool
{
    private readonly Stack<int> free;
    private readonly bool[] isFree;

    /// <param name="pages">Number of pages, all free.</param>
    public PagePool(int pages)
    {
        free = new(Enumerable.Range(0, pages).Reverse());
        isFree = new bool[pages];
        Array.Fill(isFree, true);
    }

    /// <summary>Number of pages.</summary>
    public int Count => isFree.Length;

    /// <summary>Number of free pages.</summary>
    public int Free => free.Count;

    /// <summary>Gives a sequence as many more pages as its tokens need, or none if there are too few.</summary>
    /// <param name="pages">Pages of the sequence.</param>
    /// <param name="tokens">Number of tokens that they must hold.</param>
    /// <param name="limits">Limits of the runner.</param>
    /// <returns>Whether the pages hold them now.</returns>
    public bool TryGrow(List<int> pages, int tokens, RunnerLimits limits)
    {
        var more = limits.PagesFor(tokens) - pages.Count;
        if (more > free.Count) return false;
        for (; more > 0; more--)
        {
            var page = free.Pop();
            isFree[page] = false;
            pages.Add(page);
        }

        return true;
    }

    /// <summary>Takes all pages of a sequence back.</summary>
    /// <param name="pages">Pages of the sequence, which has none afterwards.</param>
    public void TakeBack(List<int> pages)
    {
        foreach (var page in Enumerable.Reverse(pages))
        {
            if (isFree[page]) throw new InvalidOperationException($"Page {page} is given back twice.");
            isFree[page] = true;
            free.Push(page);
        }

        pages.Clear();
    }
}
