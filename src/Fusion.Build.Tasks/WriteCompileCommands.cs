using System.Globalization;
using System.Text;
using Fusion.Build.Contract;
using Microsoft.Build.Framework;
using Task = Microsoft.Build.Utilities.Task;

namespace Fusion.Build.Tasks;

/// <summary>Writes <c>compile_commands.json</c>, by which clangd understands a project's kernels.</summary>
/// <remarks>The format: https://clang.llvm.org/docs/JSONCompilationDatabase.html. A JSON library would load into MSBuild, and
/// strings are all that there is to write.</remarks>
[MSBuildMultiThreadableTask]
public sealed class WriteCompileCommands : Task
{
    private const string RealPrefix = "sm_";
    private const string Architectures = nameof(Architectures);
    private const string Defines = nameof(Defines);
    private const string AdditionalOptions = nameof(AdditionalOptions);
    private const string IncludePaths = nameof(IncludePaths);
    private const string Std = nameof(Std);

    /// <summary>The <c>FusionKernel</c> items.</summary>
    [Required]
    public ITaskItem[] Kernels { get; set; } = [];

    /// <summary>Full path of the project file.</summary>
    [Required]
    public string ProjectFile { get; set; } = "";

    /// <summary>Full path of the file to write. One that already has that content is left alone.</summary>
    [Required]
    public string File { get; set; } = "";

    /// <summary>Folder of the SDK's own <c>fusion/…</c> headers.</summary>
    public string FusionIncludePath { get; set; } = "";

    /// <summary>The header that declares what NVRTC declares by itself.</summary>
    public string BuiltinsHeader { get; set; } = "";

    /// <inheritdoc/>
    public override bool Execute()
    {
        var folder = Path.GetDirectoryName(ProjectFile)!;
        var entries = KernelItem.ToRequests(Kernels, folder, [AdditionalOptions, Architectures, Defines, IncludePaths, Std]).Select(kernel => Entry(kernel, folder));
        var text = $"[\n{string.Join(",\n", entries)}\n]\n";
        if (System.IO.File.Exists(File) && System.IO.File.ReadAllText(File) == text) return true;
        try
        {
            System.IO.File.WriteAllText(File, text);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.LogError(null, "FUSION1031", null, ProjectFile, 0, 0, 0, 0,
                $"'{File}' could not be written: {e.Message} Check free space and permissions, or set FusionCompileCommands to "
                + "false.");
        }

        return !Log.HasLoggedErrors;
    }

    private string Entry(KernelRequest kernel, string folder)
    {
        string[] arguments =
        [
            "clang++", "-x", "cuda", "--cuda-device-only", $"--cuda-gpu-arch={Architecture(kernel)}", "-nocudainc", "-nocudalib",
            $"-std={(kernel[Std].Length > 0 ? kernel[Std] : "c++17")}", "-D__CUDACC_RTC__", "-include", BuiltinsHeader,
            .. Split(kernel[Defines]).Select(define => "-D" + define),
            .. IncludeFolders.Of(kernel[IncludePaths], kernel[AdditionalOptions], folder).Select(path => "-I" + path), "-I" + FusionIncludePath, "-fsyntax-only", kernel.Source,
        ];
        return $"  {{ \"directory\": {Quoted(folder)}, \"file\": {Quoted(kernel.Source)}, \"arguments\": "
            + $"[{string.Join(", ", arguments.Select(Quoted))}] }}";
    }

    // The oldest chip named: an editor's clang may not know a newer one. Without one, the oldest that the SDK is for.
    private static string Architecture(KernelRequest kernel)
    {
        var numbers = Split(kernel[Architectures])
            .Where(name => name.StartsWith(RealPrefix, StringComparison.Ordinal))
            .Select(name => name.Substring(RealPrefix.Length).TrimEnd('a', 'f'))
            .Select(digits => int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0)
            .Where(number => number > 0).ToList();
        return RealPrefix + (numbers.Count > 0 ? numbers.Min() : 80).ToString(CultureInfo.InvariantCulture);
    }

    private static IEnumerable<string> Split(string list) =>
        list.Split([';'], StringSplitOptions.RemoveEmptyEntries).Select(part => part.Trim()).Where(part => part.Length > 0);

    private static string Quoted(string text)
    {
        var json = new StringBuilder("\"");
        foreach (var c in text)
        {
            if (c is '"' or '\\') json.Append('\\').Append(c);
            else if (c < ' ') json.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
            else json.Append(c);
        }

        return json.Append('"').ToString();
    }
}
