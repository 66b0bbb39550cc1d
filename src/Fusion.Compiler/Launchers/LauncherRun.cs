using System.Text;
using Fusion.Build.Contract;
using Fusion.Compiler.Headers;
using Fusion.Compiler.Output;

namespace Fusion.Compiler.Launchers;

/// <summary>One run: from a request to the C# file and its state. Needs no NVRTC.</summary>
/// <param name="request">What is asked.</param>
/// <param name="report">Gets every diagnostic.</param>
internal sealed class LauncherRun(LauncherRequest request, Action<Diagnostic> report)
{
    private readonly string requestHash = Hash.Of(request.ToText());
    private readonly List<Diagnostic> warnings = [];
    private readonly List<FileStamp> inputs = [];
    private readonly FileContents contents = new();
    private bool failed;

    private string LockFile => request.StateFile + ".lock";

    /// <summary>Writes the launchers.</summary>
    /// <returns>Whether the launchers are written.</returns>
    public bool Run()
    {
        try
        {
            using var fileLock = OutputLock.Take(LockFile, ReportWait, out var problem);
            if (problem is not null) Report(problem);
            return fileLock is not null && Write();
        }
        catch (WriteException e)
        {
            Report(e.ToDiagnostic());
            return false;
        }
    }

    private bool Write()
    {
        if (!CSharpNames.IsIdentifier(request.ClassName))
        {
            Report(new Diagnostic(DiagnosticSeverity.Error, Codes.ClassName,
                $"FusionKernelsClass is '{request.ClassName}'; expected the name of a C# class without a namespace: Kernels. "
                + "The namespace is FusionKernelsNamespace."));
            return false;
        }

        var version = LanguageVersion.Of(request.LangVersion);
        if (version < LanguageVersion.Oldest)
        {
            Report(new Diagnostic(DiagnosticSeverity.Error, Codes.LangVersion,
                $"LangVersion is '{request.LangVersion}', and the launchers of the kernels need C# {LanguageVersion.Oldest} or newer. Set "
                + $"LangVersion to {LanguageVersion.Oldest}.0 or remove it, in the project or in a Directory.Build.props above it; or set "
                + "FusionGenerateLaunchers to false, and launch by name (KernelLibrary.GetKernel)."));
            return false;
        }

        var types = new TypeMap(request.Types);
        var space = CSharpNames.Namespace(request.Namespace);
        var typeNames = new DeviceTypeNames($"global::{(space.Length > 0 ? space + "." : "")}{request.ClassName}.Types.");
        var sources = request.Kernels.Where(kernel => !IsHeaderOnly(kernel))
            .Select(kernel => Read(kernel, types, typeNames, version >= LanguageVersion.WithInlineArrays)).OfType<LauncherSource>().ToList();
        var launchers = sources.SelectMany(source => source.Read()).ToList();
        if (failed) return false;
        var named = ClassNames.Assign(launchers, request.ClassName);
        var variables = VariableNames.Assign(sources.SelectMany(source => source.ReadVariables()));
        var text = LauncherWriter.Write(named, variables, typeNames.All, space, request.ClassName, version);
        AtomicFile.Write(request.OutputFile, Encoding.UTF8.GetBytes(text));
        WriteState();
        return true;
    }

    // What others include has its kernels in their modules.
    private static bool IsHeaderOnly(KernelRequest kernel) =>
        string.Equals(kernel[nameof(Jobs.Kernel.HeaderOnly)], bool.TrueString, StringComparison.OrdinalIgnoreCase);

    private LauncherSource? Read(KernelRequest kernel, TypeMap types, DeviceTypeNames typeNames, bool hasArrays)
    {
        var source = Path.GetFullPath(kernel.Source, request.ProjectDirectory);
        kernel.Source = source;
        try
        {
            var bytes = File.ReadAllBytes(source);
            inputs.Add(FileStamp.OfContent(source, Hash.Of(bytes)));
            using var reader = new StreamReader(new MemoryStream(bytes), Encoding.UTF8);
            var folders = IncludeFolders.Of(kernel[nameof(Jobs.Kernel.IncludePaths)], kernel[nameof(Jobs.Kernel.AdditionalOptions)], request.ProjectDirectory);
            var headers = LauncherHeaders.Read(source, folders, contents);
            inputs.AddRange(headers.Inputs);
            return new LauncherSource(kernel, reader.ReadToEnd(), headers.Texts, types, typeNames, Report, hasArrays);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            inputs.Add(FileStamp.OfContent(source));
            if (request.ReportsSources)
            {
                Report(new Diagnostic(DiagnosticSeverity.Error, Codes.MissingSource, File.Exists(source)
                    ? $"The file cannot be read: {e.Message}"
                    : "There is no such file. Correct the FusionKernel item that names it.", source));
            }

            return null;
        }
    }

    private void WriteState()
    {
        var state = new BuildState { RequestHash = requestHash };
        state.Inputs.AddRange(inputs.DistinctBy(input => input.Path));
        if (typeof(LauncherRun).Assembly.Location is { Length: > 0 } compiler) state.Inputs.Add(FileStamp.OfContent(compiler));
        state.Outputs.Add(new(FileStamp.OfContent(request.OutputFile), ""));
        state.Diagnostics.AddRange(warnings);
        AtomicFile.Write(request.StateFile, state);
    }

    // Not to be reported again by a build that has nothing to do.
    private void ReportWait() => report(new Diagnostic(
        DiagnosticSeverity.Message, "", $"Waiting for another fusionc that writes launchers of this project and holds '{LockFile}'."));

    private void Report(Diagnostic diagnostic)
    {
        if (diagnostic.Severity == DiagnosticSeverity.Error) failed = true;
        else warnings.Add(diagnostic);
        report(diagnostic);
    }
}
