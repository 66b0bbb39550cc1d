using System.CommandLine;
using System.CommandLine.Help;
using Fusion.Build.Contract;
using Fusion.Compiler.Jobs;
using Fusion.Compiler.Output;

namespace Fusion.Compiler.CommandLine;

/// <summary>The command line of fusionc.</summary>
internal sealed class FusionCommand
{
    /// <summary>Everything compiled.</summary>
    public const int Success = 0;

    /// <summary>Something did not compile; the diagnostics say what.</summary>
    public const int Failure = 1;

    /// <summary>The command line cannot be understood.</summary>
    public const int Usage = 2;

    private readonly Argument<string[]> files = new("kernel.cu") { Description = "Sources to compile.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string[]> architectures = List("--arch", "What to compile for: sm_90a gives machine code, compute_80 PTX; all, all-major, native. May be repeated.", "ARCH");
    private readonly Option<string> output = new("--output", "-o") { Description = "Folder for the images; the current one by default.", HelpName = "FOLDER" };
    private readonly Option<string[]> includes = List("-I", "Folder of headers. May be repeated.", "FOLDER");
    private readonly Option<string[]> defines = List("-D", "Macro. May be repeated.", "NAME[=VALUE]");
    private readonly Option<string> std = new("--std") { Description = "The language: c++03, c++11, c++14, c++17 (default) or c++20.", HelpName = "STD" };
    private readonly Option<string> registers = new("--maxrregcount") { Description = "The most registers a thread may use.", HelpName = "N" };
    private readonly Option<bool> fastMath = new("--use-fast-math") { Description = "Fast, less exact mathematics." };
    private readonly Option<bool> lineInfo = new("--lineinfo") { Description = "Record source lines for profilers." };
    private readonly Option<string[]> expressions = List("--name-expression", "Instantiation of a kernel template: 'scale<float>'. May be repeated.", "EXPR");
    private readonly Option<string[]> more = List("--option", "Any other option of NVRTC, as --option=--dopt=on. May be repeated.", "OPTION");
    private readonly Option<string> nvrtc = new("--nvrtc") { Description = "NVRTC library, its folder, or the root of a CUDA toolkit. Without it fusionc looks for one.", HelpName = "PATH" };
    private readonly Option<bool> skip = new("--skip-unsupported") { Description = "Pass over architectures that NVRTC does not know." };
    private readonly Option<bool> manifest = new("--manifest") { Description = "Write manifest.json beside the images: kernels, parameters, registers." };
    private readonly Option<int> parallelism = new("--jobs", "-j") { Description = "Compilations at a time; one a processor by default.", HelpName = "N" };
    private readonly Option<int> timeout = new("--timeout") { Description = "The most seconds for a kernel and an architecture; no limit by default.", HelpName = "SECONDS" };
    private readonly Option<bool> verbose = new("--verbose", "-v") { Description = "Say which NVRTC libraries were looked at, and why they were passed over." };
    private readonly Option<bool> listNvrtc = new("--list-nvrtc") { Description = "List every NVRTC that can be found, and mark the one that is used." };
    private readonly Option<string> request = new("--request") { Description = "Compile a project: the file that the SDK's build task writes.", HelpName = "FILE" };
    private readonly Option<string> launchers = new("--launchers") { Description = "Write C# launchers of a project: the file that the SDK's build task writes.", HelpName = "FILE" };
    private readonly RootCommand root;

    /// <summary>Creates the command.</summary>
    public FusionCommand()
    {
        root = new RootCommand("Compiles CUDA kernels (.cu) to machine code (.cubin) and PTX with NVRTC.")
        {
            files, architectures, output, includes, defines, std, registers, fastMath, lineInfo, expressions, more, nvrtc, skip,
            manifest, parallelism, timeout, verbose, listNvrtc, request, launchers,
        };
        root.SetAction(Run);
        if (root.Options.OfType<HelpOption>().FirstOrDefault() is { Action: HelpAction help } option) option.Action = new HelpWithExamples(help);
    }

    /// <summary>Runs a command line.</summary>
    /// <param name="arguments">The arguments.</param>
    /// <returns>The exit code.</returns>
    public int Invoke(IReadOnlyList<string> arguments)
    {
        var parsed = root.Parse([.. arguments.SelectMany(Unglue)]);
        if (parsed.Errors.Count == 0) return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        return Misused(string.Join(Environment.NewLine, parsed.Errors.Select(e => e.Message)));
    }

    private int Run(ParseResult line)
    {
        if (line.GetValue(request) is { } file) return ProjectRun.Compile(file);
        if (line.GetValue(launchers) is { } launcherFile) return ProjectRun.WriteLaunchers(launcherFile);
        var sources = line.GetValue(files) ?? [];
        if (sources.FirstOrDefault(s => s.StartsWith('-')) is { } unknown) return Misused($"'{unknown}' is no option of fusionc.");
        var asked = Request(line, sources, out var problem);
        if (problem.Length > 0) return Misused(problem);
        if (line.GetValue(listNvrtc)) return NvrtcListing.Print(asked, Console.Out);
        if (sources.Length == 0) return Misused("No source is named.");
        if (asked.Kernels[0][nameof(Kernel.Architectures)].Length == 0) return Misused("No architecture is named: add --arch sm_90a, for example.");

        var policy = line.GetValue(manifest) ? OutputPolicy.ImagesAndManifest : OutputPolicy.Images;
        var loudness = line.GetValue(verbose) ? DiagnosticSeverity.Detail : DiagnosticSeverity.Message;
        return new Compilation(asked, policy, d => Print(d, loudness)).Run() ? Success : Failure;
    }

    private CompileRequest Request(ParseResult line, string[] sources, out string problem)
    {
        var folder = Environment.CurrentDirectory;
        var made = new CompileRequest
        {
            ProjectDirectory = folder,
            OutputDirectory = Path.GetFullPath(line.GetValue(output) ?? "."),
            FusionIncludePath = SdkFiles.FindHeaders(),
            NvrtcPackPath = SdkFiles.FindNvrtcPack(),
            NvrtcPath = line.GetValue(nvrtc) ?? "",
            MaxParallelism = line.GetValue(parallelism),
            SkipUnsupportedArchitectures = line.GetValue(skip),
            CompileTimeout = line.GetValue(timeout),
            SdkVersion = typeof(FusionCommand).Assembly.GetName().Version?.ToString(3) ?? "",
        };
        problem = new[] { includes, defines, expressions, more }.SelectMany(o => line.GetValue(o) ?? []).FirstOrDefault(v => v.Contains(';')) is { } bad
            ? $"'{bad}' has a semicolon, which fusionc keeps for lists."
            : "";
        made.Kernels.AddRange((sources.Length > 0 ? sources : [""]).Select(source => new KernelRequest
        {
            Source = Path.GetFullPath(source, folder),
            Name = Path.GetFileNameWithoutExtension(source),
            [nameof(Kernel.Architectures)] = Joined(line, architectures),
            [nameof(Kernel.Defines)] = Joined(line, defines),
            [nameof(Kernel.IncludePaths)] = Joined(line, includes),
            [nameof(Kernel.Std)] = line.GetValue(std) ?? "",
            [nameof(Kernel.MaxRegisters)] = line.GetValue(registers) ?? "",
            [nameof(Kernel.FastMath)] = line.GetValue(fastMath) ? "true" : "false",
            [nameof(Kernel.LineInfo)] = line.GetValue(lineInfo) ? "true" : "false",
            [nameof(Kernel.NameExpressions)] = Joined(line, expressions),
            [nameof(Kernel.AdditionalOptions)] = Joined(line, more),
        }));
        return made;
    }

    private static Option<string[]> List(string name, string description, string help) =>
        new(name) { Description = description, HelpName = help, Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = false };

    private static string Joined(ParseResult line, Option<string[]> option) => string.Join(';', line.GetValue(option) ?? []);

    // Compilers are called with -Iinclude and -DX=1 in one word.
    private static string[] Unglue(string argument) =>
        argument.Length > 2 && argument[0] == '-' && argument[1] is 'I' or 'D' ? [argument[..2], argument[2..]] : [argument];

    private static void Print(Diagnostic diagnostic, DiagnosticSeverity loudness)
    {
        if (diagnostic.Severity < loudness) return;
        (diagnostic.Severity >= DiagnosticSeverity.Warning ? Console.Error : Console.Out).WriteLine(diagnostic);
    }

    private static int Misused(string problem)
    {
        Console.Error.WriteLine($"{problem}{Environment.NewLine}fusionc --help explains the command line.");
        return Usage;
    }
}
