using System.Text;
using Fusion.Build.Contract;

namespace Fusion.Compiler.Launchers;

/// <summary>Lines of C++ behind a source that let its compilation fail where the layout of a struct that C# gets is not that of the
/// GPU. The compiler that makes the images is the only one to know; static assertions ask it in the same compilation, for each
/// architecture, and leave nothing in the images.</summary>
/// <param name="Text">The lines; empty if there is nothing to check.</param>
/// <param name="Subjects">What each line is about.</param>
internal sealed record LayoutChecks(string Text, IReadOnlyList<(string Type, string What)> Subjects)
{
    /// <summary>What NVRTC calls the file of these lines.</summary>
    public const string FileName = "fusion-layouts";

    /// <summary>Nothing to check.</summary>
    public static readonly LayoutChecks None = new("", []);

    /// <summary>Makes the lines.</summary>
    /// <param name="types">The types that C# gets.</param>
    public static LayoutChecks Of(IReadOnlyList<DeviceType> types)
    {
        if (types.Count == 0) return None;
        var text = new StringBuilder($"\n#line 1 \"{FileName}\"\n");
        var subjects = new List<(string Type, string What)>();
        foreach (var type in types)
        {
            // What has no name is checked where it is a member.
            if (type is DeviceStruct { IsUnnamed: true }) continue;
            var name = "::" + type.Name;
            Add(type, $"sizeof({name}) == {type.Size} && alignof({name}) == {type.Alignment}", $"{type.Size} bytes, aligned to {type.Alignment}");
            if (type is DeviceStruct whole) AddFields(whole, whole.Fields, $"(*({name}*)0)", 0);
            if (type is not DeviceEnum numbers) continue;
            var isSigned = numbers.Underlying is "sbyte" or "short" or "int" or "long";
            Add(type, $"(static_cast< {name}>(-1) < static_cast< {name}>(0)) == {(isSigned ? "true" : "false")}", $"numbers that are {numbers.Underlying}");
            foreach (var (value, number) in numbers.Values)
                Add(type, $"static_cast<long long>({numbers.Prefix}{value}) == {(number == long.MinValue ? "(-9223372036854775807LL - 1)" : $"{number}LL")}", $"'{value}' as {number}");
        }

        return new LayoutChecks(text.ToString(), subjects);

        // NVRTC has no offsetof of its own, but what its front end makes one of. A bit field has no address: of its number the size is known.
        void AddFields(DeviceStruct type, IReadOnlyList<DeviceField> fields, string place, int start)
        {
            foreach (var field in fields)
            {
                var (path, offset) = ($"{place}.{field.Name}", start + field.Offset);
                if (field.Bits is not null)
                {
                    if (!field.BitType!.Contains("::", StringComparison.Ordinal) && KnownTypes.Find(field.BitType) is not null)
                        Add(type, $"sizeof({field.BitType}) == {field.Size}", $"'{field.Name}' in a number of {field.Size} bytes at {offset}");
                    continue;
                }

                Add(type, $"__INTADDR__(&({path})) == {offset} && sizeof({path}) == {field.Size}", $"'{field.Name}' with {field.Size} bytes at {offset}");
                if (field.Unnamed is { } inner) AddFields(type, inner.Fields, path + string.Concat(Enumerable.Repeat("[0]", field.Dimensions)), offset);
            }
        }

        void Add(DeviceType type, string condition, string what)
        {
            // Also C++03 has it.
            text.Append($"typedef char fusion_layout_{subjects.Count}[({condition}) ? 1 : -1];\n");
            subjects.Add((type.Name, what));
        }
    }

    /// <summary>Says of errors in these lines what they mean.</summary>
    /// <param name="diagnostics">The diagnostics of a failed compilation.</param>
    /// <param name="source">Full path of the source.</param>
    public IReadOnlyList<Diagnostic> Explain(IReadOnlyList<Diagnostic> diagnostics, string source)
    {
        if (Subjects.Count == 0 || !diagnostics.Any(IsOfTheseLines)) return diagnostics;
        var errors = diagnostics.Where(d => IsOfTheseLines(d) && d.Severity == DiagnosticSeverity.Error && d.Line >= 1 && d.Line <= Subjects.Count)
            .Select(d => Subjects[d.Line - 1]).GroupBy(subject => subject.Type)
            .Select(group => new Diagnostic(DiagnosticSeverity.Error, Codes.Layout,
                $"The type {group.Key} has another layout on the GPU than its C# type, which has {string.Join(", ", group.Select(one => one.What).Distinct())}. "
                + $"Name a C# type of your own, <FusionTypeMap Include=\"{group.Key}\" CSharp=\"Full.Name\" />, or leave CSharp out to pass bytes; please report "
                + "it, with the declaration.", source));
        return [.. diagnostics.Where(d => !IsOfTheseLines(d)), .. errors];
    }

    private static bool IsOfTheseLines(Diagnostic diagnostic) => Path.GetFileName(diagnostic.File) == FileName;
}
