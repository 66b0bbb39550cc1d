namespace Fusion.Cli.Caching;

/// <summary>What the compile cache holds.</summary>
/// <param name="Path">Full path of its folder.</param>
/// <param name="Entries">How many compilations, each of a kernel for an architecture.</param>
/// <param name="Bytes">Size of all its files.</param>
/// <param name="LastUsed">When an entry was written or used last; null if there is none.</param>
/// <param name="Untrusted">Why builds do not use it unless FusionCacheShared says so: who else can write to it; null if nobody can.
/// </param>
internal sealed record CacheReport(string Path, int Entries, long Bytes, DateTime? LastUsed, string? Untrusted);

/// <summary>What clearing the compile cache did.</summary>
/// <param name="Path">Full path of its folder.</param>
/// <param name="Entries">How many compilations it held.</param>
/// <param name="Bytes">How many bytes were freed.</param>
/// <param name="Left">Files that could not be deleted.</param>
internal sealed record CacheClearReport(string Path, int Entries, long Bytes, IReadOnlyList<string> Left);
