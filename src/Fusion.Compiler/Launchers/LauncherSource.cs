using Fusion.Build.Contract;
using Fusion.Compiler.Images;
using Fusion.Compiler.Jobs;

namespace Fusion.Compiler.Launchers;

/// <summary>Finds what launchers a source needs.</summary>
/// <param name="kernel">The source, its macros and its name expressions.</param>
/// <param name="source">The source's text.</param>
/// <param name="headers">Texts of the headers that launchers know.</param>
/// <param name="types">The types of the project and of C#.</param>
/// <param name="names">Names the types of the source.</param>
/// <param name="report">Gets every warning.</param>
/// <param name="hasArrays">Whether the project's C# has arrays in structs.</param>
internal sealed class LauncherSource(
    KernelRequest kernel, string source, IReadOnlyList<string> headers, TypeMap types, DeviceTypeNames names, Action<Diagnostic> report, bool hasArrays = true)
{
    private readonly List<Launcher> found = [];
    private readonly SourceMacros macros = new(headers.Append(source).SelectMany(text => CppTokenizer.Read(text)), kernel[nameof(Kernel.Defines)]);
    private readonly KernelMacros expansion = KernelMacros.Expand(source, headers, kernel[nameof(Kernel.Defines)]);
    private readonly StructTypes structs = new(
        DeclaredTypes.Read(headers.Append(source), kernel[nameof(Kernel.Defines)]), types, names, kernel.Name, hasArrays);
    private readonly HashSet<string> explained = new(StringComparer.Ordinal);

    /// <summary>The types of the source that launchers and variables have, once these are read.</summary>
    public IReadOnlyList<DeviceType> Types => structs.Used;

    /// <summary>Finds the launchers.</summary>
    /// <returns>A launcher for each kernel, but for templates one for each instantiation.</returns>
    public IReadOnlyList<Launcher> Read()
    {
        foreach (var (use, why) in expansion.Unexpanded)
        {
            Warn(Codes.HiddenKernel, use.Start, isOfSource: true, $"The macro '{use.Text}' declares kernels, and {why}, so "
                + "they have no launchers: write their declarations out, or launch them by name (KernelLibrary.GetKernel).");
        }

        var text = expansion.Text;
        var signatures = SignatureReader.Read([text]).Where(s => s.IsDefinition && IsReadable(s)).ToList();
        var overloaded = signatures.Where(s => !s.IsTemplate).CountBy(s => s.Name).Where(pair => pair.Value > 1).Select(pair => pair.Key).ToHashSet(StringComparer.Ordinal);
        foreach (var signature in signatures.Where(s => !s.IsTemplate)) Add(signature, NameOf(signature, overloaded.Contains(signature.Name)), null);
        foreach (var expression in NameExpression.Split(kernel[nameof(Kernel.NameExpressions)]))
        {
            var parts = Instantiation.Of(expression);
            var fitting = parts?.FindIn(signatures) ?? [];
            if (fitting is [{ IsTemplate: false }]) continue;
            if (fitting is [var template] && !HasPack(template)) Add(template, expression, parts);
            else AddUnknown(expression, parts, fitting);
        }

        var known = found.Select(launcher => launcher.Kernel).ToHashSet(StringComparer.Ordinal);
        foreach (var expression in ExplicitInstantiations.In(text).Where(known.Add))
        {
            var parts = Instantiation.Of(expression);
            if (parts?.FindIn(signatures) is [{ IsTemplate: true } template] && !HasPack(template))
                Add(template, expression, parts);
        }

        WarnOfTemplates(signatures.Where(s => s.IsTemplate), SignatureReader.ReadInstantiations(text));
        return found;
    }

    /// <summary>Finds the variables that C# can fill. One whose type C# does not have, or whose type depends on an <c>#if</c>, is left
    /// to <c>KernelLibrary.GetGlobal</c>.</summary>
    public IReadOnlyList<LauncherVariable> ReadVariables()
    {
        var variables = new List<LauncherVariable>();
        foreach (var group in SignatureReader.ReadVariables([source]).GroupBy(variable => variable.Name))
        {
            if (group.ToArray() is not [{ IsConst: false } variable] || macros.Contains(LastPart(variable.Name))
                || macros.Contains(variable.ElementType) || structs.Find(variable.ElementType, Namespace(variable.Name), out _) is not { } element
                || element == LauncherType.Untyped) continue;
            variables.Add(new LauncherVariable
            {
                Module = kernel.Name,
                Source = variable,
                Element = element,
                Comment = KernelComment.Read(source[variable.CommentStart..variable.Start], variable.CommentStart == 0),
            });
        }

        return variables;
    }

    private static string LastPart(string name) => name[(name.LastIndexOf(':') + 1)..];

    private static string Namespace(string name) => name[..Math.Max(name.LastIndexOf("::", StringComparison.Ordinal), 0)];

    // Overloads share a name: in the manifest each has its types beside it.
    private static string NameOf(KernelSignature signature, bool isOverloaded) =>
        isOverloaded ? $"{signature.Name}({string.Join(", ", signature.Parameters.Select(p => p.Type))})" : signature.Name;

    private static bool HasPack(KernelSignature signature) =>
        signature.Parameters.Any(p => p.Type.Contains("...", StringComparison.Ordinal));

    private bool IsReadable(KernelSignature signature)
    {
        var name = LastPart(signature.Name);
        if (!signature.IsMacroCall && !macros.Contains(name)) return true;
        Warn(Codes.HiddenKernel, signature.Start, $"The name of a kernel is the macro '{name}'. Macros are not expanded, so the "
            + "kernel has no launcher: write its name out, or launch it by name (KernelLibrary.GetKernel).");
        return false;
    }

    private void Add(KernelSignature signature, string name, Instantiation? instantiation)
    {
        var parameters = Parameters(signature, name, instantiation);
        found.Add(new Launcher
        {
            Module = kernel.Name,
            Kernel = name,
            QualifiedName = signature.Name,
            TemplateArguments = instantiation?.ArgumentText ?? "",
            Parameters = parameters,
            Comment = KernelComment.Read(expansion.Text[signature.CommentStart..signature.Start], signature.CommentStart == 0),
            MayBeLeftOut = instantiation is null && signature.MayBeLeftOut,
            LaunchBounds = signature.LaunchBounds,
            ClusterSize = signature.ClusterSize,
            Generic = instantiation is null || parameters is null ? null
                : GenericPart.Of(signature, instantiation, parameters, type => structs.Find(type, Namespace(signature.Name), out _)),
        });
    }

    // A template is compiled for what names its instantiations alone; those of a launch from the host are not seen.
    private void WarnOfTemplates(IEnumerable<KernelSignature> templates, IReadOnlyList<string> instantiations)
    {
        var named = instantiations.Concat(found.Select(launcher => launcher.Kernel))
            .Select(expression => LastPart(expression.Split('<')[0].Trim())).ToHashSet(StringComparer.Ordinal);
        foreach (var template in templates.DistinctBy(template => template.Name))
        {
            var last = LastPart(template.Name);
            if (named.Contains(last)) continue;
            var arguments = string.Join(", ", template.TemplateParameters.Select(parameter => parameter.IsType ? "float" : "4"));
            Warn(Codes.NoInstantiation, template.Start, $"The kernel template '{template.Name}' has no instantiation, so nothing of it is compiled and it has no "
                + $"launcher. Name its instantiations in NameExpressions of the FusionKernel item, {template.Name}<{arguments}>, or in the file itself, "
                + $"template __global__ void {last}<{arguments}>(…).");
        }
    }

    private void AddUnknown(string expression, Instantiation? parts, List<KernelSignature> fitting)
    {
        var why = parts is null ? "is more than a name and its arguments"
            : fitting.Count > 1 ? "fits several kernels of this file"
            : fitting.Count == 1 ? "has any number of parameters"
            : "is of no kernel that is declared in this file itself";
        Warn(Codes.UnknownInstantiation, null, $"The name expression '{expression}' {why}, so its parameters are not known, and the "
            + "launcher takes KernelArgument. Declare the template in the .cu file for a launcher with types.");
        found.Add(new Launcher
        {
            Module = kernel.Name,
            Kernel = expression,
            QualifiedName = parts?.Name ?? expression,
            TemplateArguments = parts?.ArgumentText ?? "",
        });
    }

    private LauncherParameter[]? Parameters(KernelSignature signature, string name, Instantiation? instantiation)
    {
        // A macro that stands alone may stand for several parameters.
        var hidden = signature.IsConditional ? "an #if"
            : signature.Parameters.Any(p => macros.Contains(p.Type) && p.Name.StartsWith("arg", StringComparison.Ordinal)) ? "a macro"
            : null;
        if (hidden is not null)
        {
            Warn(Codes.UnknownType, signature.Start, $"The parameters of the kernel '{name}' depend on {hidden}, so the launcher takes "
                + "any number of KernelArgument. Write them out for a launcher with types.");
            return null;
        }

        return [.. signature.Parameters.Select(parameter =>
        {
            var type = instantiation?.TypeOf(parameter.Type, signature.TemplateParameters) ?? parameter.Type;
            return new LauncherParameter(parameter.Name, type, structs.Find(type, Namespace(signature.Name), out var why) ?? Unknown(parameter, type, name, why));
        })];
    }

    private LauncherType Unknown(SignatureParameter parameter, string type, string name, string? why)
    {
        // One warning for a struct, however many kernels take it.
        if (why is not null && !explained.Add(PointerShape.Of(type)!.Element)) return LauncherType.Untyped;
        var advice = PointerShape.Of(type) is { } shape
            ? $"Name its C# type in the project, <FusionTypeMap Include=\"{shape.Element}\" CSharp=\"Full.Name\" />, or leave CSharp "
                + "out if bytes are what you want."
            : "Pass a struct of such members, or launch with KernelArgument.Of(…).";
        var found = why is null ? "which has no type in C#" : $"which has no type in C#, because it {why}";
        Warn(Codes.UnknownType, parameter.Start, $"The parameter '{parameter.Name}' of the kernel '{name}' is {type}, {found}, so the launcher "
            + $"takes it as a KernelArgument, whose size alone is checked. {advice}");
        return LauncherType.Untyped;
    }

    private void Warn(string code, int? position, string message) => Warn(code, position, isOfSource: false, message);

    // A place in an expansion is that of the macro's use.
    private void Warn(string code, int? position, bool isOfSource, string message)
    {
        var before = source.AsSpan(0, position is not { } at ? 0 : isOfSource ? at : expansion.Original(at));
        var (line, column) = position is null ? (0, 0) : (before.Count('\n') + 1, before.Length - before.LastIndexOf('\n'));
        report(new Diagnostic(DiagnosticSeverity.Warning, code, message, kernel.Source, line, column));
    }
}
