using System.Collections.Immutable;

namespace Fusion.Compiler.Images;

/// <summary>Finds the <c>__global__</c> functions in C++ sources and reads their signatures, and the variables of the GPU.</summary>
/// <remarks>It does not preprocess and knows no types, so a kernel that a macro writes is not found.</remarks>
internal sealed class SignatureReader
{
    private const string Kernel = "__global__";
    private const string CLinkage = "\"C\"";
    private const string Block = "{";

    private readonly string _source;
    private readonly IReadOnlyList<CppToken> _tokens;
    private readonly List<KernelSignature> _found = [];
    private readonly List<SourceVariable> _variables = [];
    private readonly List<string> _instantiations = [];
    private readonly Stack<ImmutableStack<string>> _conditions = new();
    // The namespaces around; the language with its quotes for extern "C" { … }, and "{" for every other brace.
    private ImmutableStack<string> _scopes = [];
    private bool _inTemplate;
    private IReadOnlyList<TemplateParameter> _templateParameters = [];

    private SignatureReader(string source) => (_source, _tokens) = (source, CppTokenizer.Read(source));

    /// <summary>Reads sources.</summary>
    /// <param name="sources">Texts of source files and headers.</param>
    /// <returns>Each kernel once, with the parameters' names of its definition where there is one.</returns>
    public static IReadOnlyList<KernelSignature> Read(IEnumerable<string> sources)
    {
        var signatures = new List<KernelSignature>();
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        // A large library has hundreds of headers without a kernel.
        var withKernels = sources.Where(source => source.Contains(Kernel, StringComparison.Ordinal));
        foreach (var found in withKernels.SelectMany(source => new SignatureReader(source).ReadAll()))
        {
            if (places.TryAdd(found.Function, signatures.Count)) signatures.Add(found);
            else if (places[found.Function] is var known && found.IsDefinition && !signatures[known].IsDefinition) signatures[known] = found;
        }

        return signatures;
    }

    /// <summary>Reads the variables of sources.</summary>
    /// <param name="sources">Texts of source files and headers.</param>
    /// <returns>Each variable once, but for those that several branches of a condition declare as different types.</returns>
    public static IReadOnlyList<SourceVariable> ReadVariables(IEnumerable<string> sources)
    {
        var variables = new List<SourceVariable>();
        foreach (var source in sources)
        {
            var reader = new SignatureReader(source);
            reader.ReadAll();
            variables.AddRange(reader._variables);
        }

        return [.. variables.DistinctBy(variable => (variable.Name, variable.Type))];
    }

    /// <summary>The instantiations and specializations of kernel templates: <c>math::scale&lt;float&gt;</c>.</summary>
    /// <param name="source">Text of a source file.</param>
    public static IReadOnlyList<string> ReadInstantiations(string source)
    {
        var reader = new SignatureReader(source);
        reader.ReadAll();
        return reader._instantiations;
    }

    private List<KernelSignature> ReadAll()
    {
        for (var i = 0; i < _tokens.Count;) i = ReadOne(i);
        return _found;
    }

    private int ReadOne(int i)
    {
        var token = _tokens[i];
        if (token.Kind == CppTokenKind.Directive) ReadCondition(token.Text);
        else if (token.Is("namespace")) return ReadNamespace(i + 1);
        else if (token.Is("template")) return ReadTemplate(i + 1);
        else if (token.Is(Kernel)) return ReadKernel(i + 1);
        else if (token.IsWord && token.Text is "__device__" or "__constant__" or "__managed__") return ReadVariables(i);
        else if (token.IsMark("{")) _scopes = _scopes.Push(LinkageBefore(i) is { Length: > 0 } linkage ? linkage : Block);
        else if (token.IsMark("}") && !_scopes.IsEmpty) _scopes = _scopes.Pop();

        if (token.IsMark("{") || token.IsMark("}") || token.IsMark(";")) _inTemplate = false;
        return i + 1;
    }

    // Each branch of a condition starts in the scope in which the first one started, since only one of them is compiled.
    private void ReadCondition(string directive)
    {
        if (DisabledCode.Opens(directive)) _conditions.Push(_scopes);
        else if (DisabledCode.Continues(directive) && _conditions.TryPeek(out var scopes)) _scopes = scopes;
        else if (directive == "endif") _conditions.TryPop(out _);
    }

    // namespace [attributes] a::inline b { … } as well as namespace a = b; and using namespace a;
    private int ReadNamespace(int i)
    {
        var names = new List<string>();
        for (; i < _tokens.Count; i++)
        {
            var token = _tokens[i];
            if (token.IsMark("["))
            {
                i = CppBrackets.End(_tokens, i) - 1;
            }
            else if (token.IsWord && token.Text is "__attribute__" or "__declspec" && i + 1 < _tokens.Count)
            {
                i = CppBrackets.End(_tokens, i + 1) - 1;
            }
            else if (token.IsWord)
            {
                if (token.Text != "inline") names.Add(token.Text);
            }
            else if (token.IsMark("{"))
            {
                _scopes = _scopes.Push(string.Join("::", names));
                return i + 1;
            }
            else if (!token.IsMark("::"))
            {
                break;
            }
        }

        return i;
    }

    // Without "<" it is an explicit instantiation, which says nothing that its template does not.
    private int ReadTemplate(int i)
    {
        if (i < _tokens.Count && _tokens[i].IsMark("<"))
        {
            _inTemplate = true;
            var end = CppBrackets.AngleEnd(_tokens, i) ?? i + 1;
            _templateParameters = TemplateParameters.Read(_tokens.Slice(i + 1, end - 1));
            return end;
        }

        return i;
    }

    private int ReadKernel(int start)
    {
        var declarator = KernelDeclarator.Read(_tokens, start);
        if (declarator is null) return start;
        if (!declarator.HasTemplateArguments)
        {
            var place = DeclarationPlace.Of(_tokens, start - 1, declarator.End);
            _found.Add(new KernelSignature(
                QualifiedName(declarator.Name, place.First, start - 1), ParameterReader.Read(declarator.Parameters), _inTemplate)
            {
                IsDefinition = declarator.HasBody,
                Start = place.Start,
                CommentStart = place.CommentStart,
                TemplateParameters = _inTemplate ? _templateParameters : [],
                LaunchBounds = place.ArgumentsOf("__launch_bounds__"),
                ClusterSize = place.ArgumentsOf("__cluster_dims__"),
                IsMacroCall = declarator.End < _tokens.Count && _tokens[declarator.End].IsMark("("),
                MayBeLeftOut = _conditions.Count > 0,
                IsConditional = declarator.Parameters.Any(token => token.Kind == CppTokenKind.Directive),
            });
        }

        else
        {
            _inTemplate = false;
            _instantiations.Add(QualifiedName(declarator.Spelling, start - 1, start - 1));
        }

        _inTemplate = false;
        return declarator.End;
    }

    private int ReadVariables(int i)
    {
        if (_inTemplate || _scopes.Contains(Block)) return i + 1;
        var place = DeclarationPlace.Of(_tokens, i, i);
        // Behind an equals sign it is a lambda's.
        if (Enumerable.Range(place.First, i - place.First).Any(before => _tokens[before].IsMark("="))) return i + 1;
        var found = VariableDeclaration.Read(_tokens, place.First, out var end);
        _variables.AddRange(found.Select(variable => variable with
        {
            Name = QualifiedName(variable.Name, place.First, i),
            Start = place.Start,
            CommentStart = place.CommentStart,
        }));
        return end > i ? end : i + 1;
    }

    // A function with the linkage of C has no namespaces in its symbol.
    private string QualifiedName(string name, int first, int global)
    {
        var linkage = Enumerable.Range(first, global - first).Select(i => LinkageBefore(i + 1)).FirstOrDefault(IsLinkage)
            ?? _scopes.FirstOrDefault(IsLinkage);
        var namespaces = _scopes.Reverse().Where(scope => scope is not ("" or Block) && !IsLinkage(scope));
        return linkage == CLinkage && !_inTemplate ? name : string.Join("::", namespaces.Append(name));
    }

    private string LinkageBefore(int i) => i >= 2 && _tokens[i - 1].Kind == CppTokenKind.Literal && _tokens[i - 2].Is("extern")
        ? _source[_tokens[i - 1].Start.._tokens[i - 1].End]
        : "";

    private static bool IsLinkage(string scope) => scope.StartsWith('"');
}
