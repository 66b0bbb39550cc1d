using System.CommandLine;
using System.Globalization;
using Fusion.Cli.CommandLine;
using Fusion.Cli.Output;
using Fusion.Compiler.Caching;

namespace Fusion.Cli.Caching;

/// <summary>Command <c>fusion cache</c>, which shows what the compile cache holds, or clears it.</summary>
internal static class CacheCommand
{
    private static readonly Option<bool> Json = new("--json") { Description = "Print JSON." };

    private static readonly Option<string> Folder = ToolOptions.Text(
        "--path", "The value of FusionCachePath, for a project that sets it; the user's own cache without it.", "FOLDER");

    /// <summary>Creates the command.</summary>
    public static Command Create()
    {
        var info = new Command("info", "Say where the compile cache is and what it holds.") { Folder, Json };
        info.SetAction(line => Info(Open(line), line.GetValue(Json)));
        var clear = new Command("clear", "Delete all of the compile cache; the next builds compile.") { Folder, Json };
        clear.SetAction(line => Clear(Open(line), line.GetValue(Json)));
        return new Command("cache", "Look at the compile cache of the builds, or empty it.") { info, clear };
    }

    private static CacheFolder Open(ParseResult line)
    {
        var folder = line.GetValue(Folder) is { Length: > 0 } named ? Path.GetFullPath(named) : CacheFolder.OfUser();
        return folder.Length > 0
            ? new CacheFolder(folder)
            : throw new UsageException("There is no compile cache, because neither XDG_CACHE_HOME nor HOME names a folder. "
                + "Set one of them, or name the cache by --path.");
    }

    private static int Info(CacheFolder cache, bool json)
    {
        var files = cache.Files();
        DateTime? last = files.Count > 0 ? files.Max(f => f.Used) : null;
        var report = new CacheReport(cache.Path, Entries(files), files.Sum(f => f.Bytes), last, cache.WhyUntrusted());
        if (json)
        {
            ToolJson.Print(report);
            return ExitCodes.Success;
        }

        Screen.Line($"Compile cache: {report.Path}");
        Screen.Line($"  entries    {Number(report.Entries)}");
        Screen.Line($"  size       {Screen.Bytes(report.Bytes)}");
        if (report.LastUsed is { } used)
            Screen.Line(string.Create(CultureInfo.InvariantCulture, $"  last used  {used.ToLocalTime():yyyy-MM-dd HH:mm}"));
        Screen.Line(report.Untrusted is { } why
            ? $"  trusted    no: {why}; builds use it with FusionCacheShared=true alone"
            : "  trusted    yes: nobody else can write to it");
        return ExitCodes.Success;
    }

    private static int Clear(CacheFolder cache, bool json)
    {
        var files = cache.Files();
        var left = cache.Clear();
        var freed = files.Sum(f => f.Bytes) - left.Sum(f => f.Bytes);
        var report = new CacheClearReport(cache.Path, Entries(files), freed, [.. left.Select(f => f.Path)]);
        if (json) ToolJson.Print(report);
        else Print(report);
        return left.Count > 0 ? ExitCodes.Problem : ExitCodes.Success;
    }

    private static void Print(CacheClearReport report)
    {
        Screen.Line($"Compile cache: {report.Path}");
        Screen.Line($"  {Number(report.Entries)} entries, {Screen.Bytes(report.Bytes)} freed");
        foreach (var file in report.Left) Screen.Line($"  could not be deleted: {file}");
    }

    private static int Entries(IEnumerable<CacheFile> files) => files.Count(f => CacheFolder.IsEntry(f.Path));

    private static string Number(int value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
